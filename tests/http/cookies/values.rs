//! Corrupt, foreign and planted cookies: anonymous, never an error, never somebody else's session.

use super::in_place;
use crate::support::{ADA, app};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corrupt_or_foreign_session_cookie_is_anonymous() {
    let app = app().await;
    let unknown = "A".repeat(43);
    for value in ["", "x", "AAAA", unknown.as_str(), &"A".repeat(4000), "%00", "\"quoted\"", "../../etc/passwd"] {
        let mut browser = app.browser();
        for (path, status) in [("/", 200), ("/dashboard", 302)] {
            let cookie = in_place(&app, format!("session={value}").as_bytes());
            let answer = browser.send(browser.request(reqwest::Method::GET, path).header("cookie", cookie)).await;
            assert_eq!(answer.status, status, "{value}");
            assert_eq!(answer.header("set-cookie"), "", "{value} is ignored, not taken away");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planted_names_and_foreign_bytes_neither_become_the_session_nor_hide_it() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let session = browser.cookies["session"].clone();
    let user_with = async |cookie: Vec<u8>| {
        let mut anonymous = app.browser();
        let value = reqwest::header::HeaderValue::from_bytes(&in_place(&app, &cookie)).unwrap();
        let request = anonymous.request(reqwest::Method::GET, "/dashboard").header("cookie", value);
        anonymous.send(request).await.status
    };
    assert_eq!(user_with(format!("%73ession={session}").into_bytes()).await, 302, "an encoded name is not ours");
    assert_eq!(user_with(format!("session={session}; %73ession=planted").into_bytes()).await, 200);
    assert_eq!(
        user_with([b"x=\xff\xfe; session=".as_slice(), session.as_bytes(), b"; caf\xc3\xa9=1"].concat()).await,
        200
    );
    assert_eq!(
        user_with(format!("session={session}; session=planted").into_bytes()).await,
        302,
        "two: neither is used"
    );
    let crowd: Vec<String> = (0..60).map(|number| format!("c{number}={}", "v".repeat(50))).collect();
    assert_eq!(user_with(format!("{}; session={session}", crowd.join("; ")).into_bytes()).await, 200);
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_sealed_for_another_attempt_or_by_other_keys_starts_nothing() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let (name, _) = browser.cookies.iter().find(|(name, _)| name.starts_with("login.")).unwrap();
    let name = name.clone();
    for value in ["", "AAAA", &"A".repeat(600), "not base64!"] {
        browser.cookies.insert(name.clone(), value.to_owned());
        assert_eq!(browser.get(&callback).await.status, 400, "{value}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_cookies_than_a_browser_keeps_are_not_read() {
    let app = app().await;
    let browser = app.signed_in(ADA).await;
    let session = browser.cookies["session"].clone();
    let mut anonymous = app.browser();
    let flood = format!("session={session}; {}", "a=;".repeat(8500));
    let request =
        anonymous.request(reqwest::Method::GET, "/dashboard").header("cookie", in_place(&app, flood.as_bytes()));
    assert_eq!(anonymous.send(request).await.status, 302);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oversized_bodies_are_refused() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let answer = browser.call("/api/exchange_code", &format!("query={}", "a".repeat(100_000))).await;
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    assert_eq!(app.token_calls("authorization_code"), 1);
}
