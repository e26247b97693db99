//! Every cookie that the application gives away or takes, over http and https, with every attribute that
//! protects it.

use std::sync::Arc;

use scalekit_sessions::MemoryStore;

use crate::support::{ADA, App, Browser, Page, app, app_with, place_in_names};

/// An application that people reach over https, as behind a proxy that ends TLS.
async fn https_app() -> App {
    let app = app_with(Arc::new(MemoryStore::default()), |settings| {
        settings.app_url.set_scheme("https").unwrap();
    })
    .await;
    app.emulator.control().register_app_url(app.state.settings.app_url.as_str()).unwrap();
    app
}

/// Everything that sets a cookie: the start of a sign-in, more starts than are kept, its end, sign-out.
async fn all_set_cookies(app: &App) -> Vec<String> {
    let mut browser = app.browser();
    let mut seen = Vec::new();
    let mut note = |page: &Page| {
        seen.extend(page.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()));
    };
    for _ in 0..7 {
        note(&browser.get("/auth/login").await);
    }
    let callback = callback_of(app, &mut browser).await;
    let landed = browser.get(&callback).await;
    assert_eq!(landed.status, 302, "{}", landed.body);
    note(&landed);
    assert_eq!(browser.get("/dashboard").await.status, 200);
    note(&browser.post("/api/logout", &[]).await);
    seen
}

/// Signs in at the provider, whose way back is the public address, and answers with the callback's path.
async fn callback_of(app: &App, browser: &mut Browser) -> String {
    let hosted = browser.open_hosted_page("/auth/login").await;
    let mut answer = browser.post(&format!("{hosted}/person"), &[("user", ADA)]).await;
    let public = app.state.settings.app_url.as_str().trim_end_matches('/').to_owned();
    for _ in 0..5 {
        let location = url::Url::parse(&hosted).unwrap().join(answer.location()).unwrap().to_string();
        if let Some(path) = location.strip_prefix(&public) {
            return path.to_owned();
        }
        answer = browser.get(&location).await;
    }
    panic!("the provider does not lead back");
}

fn check(set_cookie: &str, secure: bool, session_name: &str, attempt_prefix: &str) -> &'static str {
    let mut parts = set_cookie.split("; ");
    let (name, value) = parts.next().unwrap().split_once('=').unwrap();
    let mut attributes: Vec<String> = parts.map(str::to_owned).collect();
    attributes.sort();
    let age =
        attributes.iter().find_map(|attribute| attribute.strip_prefix("Max-Age=")).unwrap().parse::<i64>().unwrap();
    let mut expected: Vec<String> = ["HttpOnly", "Path=/", "SameSite=Lax"]
        .into_iter()
        .map(str::to_owned)
        .chain([format!("Max-Age={age}")])
        .collect();
    if secure {
        expected.push("Secure".to_owned());
    }
    expected.sort();
    assert_eq!(attributes, expected, "these and no others, `Domain` above all: {set_cookie}");
    assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{set_cookie}");
    match (name, value.is_empty()) {
        (name, true) => {
            assert!(name == session_name || name.starts_with(attempt_prefix), "{set_cookie}");
            assert_eq!(age, 0);
            if name == session_name { "session taken" } else { "attempt taken" }
        }
        (name, false) if name == session_name => {
            assert_eq!((value.len(), age), (43, 30 * 24 * 3600), "{set_cookie}");
            "session given"
        }
        (name, false) if name == session_name.replacen("session", "sign-out", 1) => {
            assert_eq!((value.len(), age), (22, 600), "{set_cookie}");
            "sign-out given"
        }
        (name, false) => {
            assert!(name.strip_prefix(attempt_prefix).is_some_and(|rest| rest.len() == 8), "{set_cookie}");
            assert_eq!(age, 600);
            assert!(set_cookie.len() < 4096, "browsers keep no larger one");
            "attempt given"
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cookie_has_every_attribute_over_http_in_development_and_over_https() {
    let http = app().await;
    let place = place_in_names(&http.url);
    let (plain_session, plain_attempt) = (format!("session{place}"), format!("login{place}."));
    for (app, secure, session_name, attempt_prefix) in
        [(http, false, &*plain_session, &*plain_attempt), (https_app().await, true, "__Host-session", "__Host-login.")]
    {
        let seen = all_set_cookies(&app).await;
        let mut kinds: Vec<_> = seen.iter().map(|text| check(text, secure, session_name, attempt_prefix)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(
            kinds,
            ["attempt given", "attempt taken", "session given", "session taken", "sign-out given"],
            "all were met"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_https_only_the_host_cookie_is_the_session() {
    let app = https_app().await;
    let mut browser = app.browser();
    let callback = callback_of(&app, &mut browser).await;
    browser.get(&callback).await;
    let session = browser.cookies["__Host-session"].clone();
    for (name, status) in [
        ("__Host-session", 200),
        ("session", 302),
        ("__Secure-session", 302),
        ("__host-session", 302),
        ("__HOST-session", 302),
        ("%5F%5FHost-session", 302),
        ("__Host%2Dsession", 302),
        ("__Http-session", 302),
        ("=__Host-session", 302),
        ("__Host-session ", 302),
    ] {
        let mut other = app.browser();
        let request = other.request(reqwest::Method::GET, "/dashboard").header("cookie", format!("{name}={session}"));
        assert_eq!(other.send(request).await.status, status, "{name}");
        if status == 302 {
            let both = format!("__Host-session={session}; {name}=planted");
            let request = other.request(reqwest::Method::GET, "/dashboard").header("cookie", both);
            assert_eq!(other.send(request).await.status, 200, "{name} spoils nothing");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_longest_return_path_fits_into_the_attempts_cookie() {
    let app = https_app().await;
    for path in
        [format!("/{}", "a".repeat(1023)), format!("/{}", "\u{e9}".repeat(500)), format!("/{}", "\"".repeat(1023))]
    {
        let encoded = percent_encoding::utf8_percent_encode(&path, percent_encoding::NON_ALPHANUMERIC);
        let start = app.browser().get(&format!("/auth/login?return_to={encoded}")).await;
        assert!(start.header("set-cookie").len() < 4096, "{}", start.header("set-cookie").len());
    }
}
