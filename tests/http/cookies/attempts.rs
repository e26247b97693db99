//! Planted cookies that look like login attempts: they can neither be used nor keep anybody from signing in.

use crate::support::{ADA, App, Browser, app};

/// So many cookies that only look like attempts.
fn plant(browser: &mut Browser, count: usize, value: &str) {
    browser.cookies.extend((0..count).map(|number| (format!("login.planted{number:x}"), value.to_owned())));
}

fn attempts(browser: &Browser) -> Vec<&String> {
    browser.cookies.keys().filter(|name| name.starts_with("login.")).collect()
}

async fn lands(app: &App, browser: &mut Browser, callback: &str) -> bool {
    let landed = browser.get(callback).await;
    landed.status == 302 && app.user_of(browser).await.as_deref() == Some(ADA)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_planted_attempts_does_not_keep_anybody_from_signing_in() {
    let app = app().await;
    // Also larger than an attempt's cookie may be: as many as fit below 24 KiB.
    for (count, value) in [(12, "x".to_owned()), (20, "A".repeat(1000)), (5, "A".repeat(4200))] {
        let mut browser = app.browser();
        plant(&mut browser, count, &value);
        let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
        assert!(lands(&app, &mut browser, &callback).await, "planted before");

        let mut browser = app.browser();
        let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
        plant(&mut browser, count, &value);
        assert!(lands(&app, &mut browser, &callback).await, "planted after");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planted_attempts_go_before_genuine_ones() {
    let app = app().await;
    let mut browser = app.browser();
    let first = browser.sign_in_at_provider("/auth/login?prompt=login", ADA).await;
    plant(&mut browser, 12, "AAAA");
    let second = browser.sign_in_at_provider("/auth/login?prompt=login", ADA).await;
    assert!(attempts(&browser).len() <= 5, "{:?}", attempts(&browser));
    assert!(lands(&app, &mut browser, &second).await && lands(&app, &mut browser, &first).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_under_another_name_or_of_another_browser_starts_nothing() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let name = attempts(&browser)[0].clone();
    let value = browser.cookies.remove(&name).unwrap();
    for other in
        ["login.", "login", "Login.AAAAAAAA", "__Host-login.AAAAAAAA", &name.to_uppercase(), &name[..name.len() - 1]]
    {
        browser.cookies.insert(other.to_owned(), value.clone());
        assert_eq!(browser.get(&callback).await.status, 400, "{other}");
        browser.cookies.remove(other);
    }
    // A genuine attempt of somebody else's browser, under the name of this one's.
    let mut other = app.browser();
    other.get("/auth/login").await;
    let foreign = other.cookies.iter().find(|(name, _)| name.starts_with("login.")).unwrap().1.clone();
    browser.cookies.insert(name.clone(), foreign);
    assert_eq!(browser.get(&callback).await.status, 400);
    browser.cookies.insert(name, value);
    assert!(lands(&app, &mut browser, &callback).await, "the genuine one still works");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_the_attempts_name_spoils_it_and_a_new_start_mends_it() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    browser.cookies.retain(|name, _| name.starts_with("login."));
    let genuine = browser.cookie_header();
    let doubled = format!("{genuine}; {}=planted", genuine.split_once('=').unwrap().0);
    let mut bare = app.browser();
    let request = bare.request(reqwest::Method::GET, &callback).header("cookie", doubled);
    assert_eq!(bare.send(request).await.status, 400, "two of one name: neither is used");
    let again = browser.sign_in_at_provider("/auth/login?prompt=login", ADA).await;
    assert!(lands(&app, &mut browser, &again).await);
}
