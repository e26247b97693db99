//! What a request says of itself in headers that proxies set: it changes nothing, wherever it comes from.
//! Only the address of a trusted proxy's client is believed (`rate_limits.rs`, `axum_hardening::client`).

use std::sync::Arc;

use leptos_scalekit::server::settings::{Environment, Settings};
use reqwest::Method;
use scalekit_sessions::MemoryStore;

use crate::support::{ADA, app_with};

/// Everything that some proxy or framework somewhere takes from a request.
const FORWARDED: [(&str, &str); 20] = [
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "http"),
    ("x-forwarded-scheme", "http"),
    ("x-forwarded-ssl", "off"),
    ("x-forwarded-port", "8443"),
    ("x-forwarded-prefix", "/evil"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-user", "usr_103845067215791001"),
    ("x-remote-user", "usr_103845067215791001"),
    ("x-user-id", "usr_103845067215791001"),
    ("x-real-ip", "127.0.0.1"),
    ("forwarded", "for=127.0.0.1;host=evil.example;proto=http"),
    ("x-original-url", "/dashboard"),
    ("x-original-host", "evil.example"),
    ("x-rewrite-url", "/dashboard"),
    ("x-host", "evil.example"),
    ("x-http-method-override", "POST"),
    ("x-method-override", "POST"),
    ("front-end-https", "off"),
    ("via", "1.1 evil.example"),
];

/// Over https, behind a proxy that is trusted or not.
fn behind_proxy(trusted: bool) -> impl FnOnce(&mut Settings) {
    move |settings| {
        settings.environment = Environment::Production;
        settings.app_url = "https://app.example.com".parse().unwrap();
        if trusted {
            settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_forwarded_header_changes_route_redirect_identity_or_cookie() {
    for trusted in [false, true] {
        let app = app_with(Arc::new(MemoryStore::default()), behind_proxy(trusted)).await;
        for (name, value) in FORWARDED {
            let mut browser = app.browser();
            let request = browser.request(Method::GET, "/auth/login").header(name, value);
            let login = browser.send(request).await;
            let to = url::Url::parse(login.location()).unwrap();
            assert!(to.as_str().starts_with(app.state.scalekit.config().environment_url()), "{name}");
            let back = to.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
            assert_eq!(back, "https://app.example.com/auth/callback", "{name}");
            let cookie = login.header("set-cookie");
            assert!(cookie.starts_with("__Host-login.") && cookie.contains("; Secure"), "{name}: {cookie}");

            let request = browser.request(Method::GET, "/dashboard").header(name, value);
            let guarded = browser.send(request).await;
            assert_eq!((guarded.status, guarded.location()), (302, "/login?return_to=/dashboard"), "{name}");
            let request = browser.request(Method::GET, "/").header(name, value);
            let landing = browser.send(request).await;
            assert!(landing.status == 200 && !landing.body.contains("evil.example"), "{name}");
            assert!(!landing.header("strict-transport-security").is_empty(), "{name}");
            let request = browser.request(Method::GET, "/api/logout").header(name, value);
            assert_eq!(browser.send(request).await.status, 405, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_host_header_is_in_no_answer() {
    let app = app_with(Arc::new(MemoryStore::default()), behind_proxy(false)).await;
    for path in ["/", "/login", "/dashboard", "/nowhere", "/auth/login", "/auth/callback?error=access_denied&state=x"] {
        let mut browser = app.browser();
        let request = browser.request(Method::GET, path).header("host", "evil.example");
        let answer = browser.send(request).await;
        let headers = format!("{:?}", answer.headers);
        assert!(!answer.body.contains("evil.example") && !headers.contains("evil.example"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_plain_http_in_development_no_header_makes_cookies_secure_or_people_known() {
    let app = app_with(Arc::new(MemoryStore::default()), |settings| {
        settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let mut browser = app.signed_in(ADA).await;
    browser.cookies.clear();
    for (name, value) in FORWARDED.into_iter().chain([("x-forwarded-proto", "https")]) {
        let request = browser.request(Method::GET, "/auth/login").header(name, value);
        let login = browser.send(request).await;
        assert!(login.header("set-cookie").starts_with("login."), "{name}");
        assert_eq!(app.user_of(&mut browser).await, None, "{name}");
        browser.cookies.clear();
    }
}
