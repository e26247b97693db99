//! What other sites can make a browser ask for, at every route: nothing that they send changes anything, and
//! a sign-in neither begins nor ends without a person's navigation.

use leptos_scalekit::access::{ENDPOINTS, PAGES};
use reqwest::{Method, StatusCode};
use scalekit_emulator::Endpoint;

use crate::support::{ADA, App, Browser, app};

/// Called by the provider's servers, which send neither cookies nor these headers: signatures protect them.
const NOTIFICATIONS: [&str; 2] = ["/auth/backchannel-logout", "/webhooks/scalekit"];

/// Every route there is: the tables', and what is beside them.
fn every_path() -> Vec<&'static str> {
    let listed = PAGES.iter().map(|page| page.path).chain(ENDPOINTS.iter().map(|rule| rule.path));
    listed.chain(["/healthz", "/readyz", "/page.js", "/nowhere"]).collect()
}

/// What a person's browser, the application and the provider have in common, which no other site may change.
#[derive(Debug, PartialEq, Eq)]
struct Condition {
    user: Option<String>,
    sessions: Vec<String>,
    sign_in_and_refresh_calls: u64,
    logout_calls: u64,
}

async fn condition(app: &App, browser: &mut Browser) -> Condition {
    let user = app.user_of(browser).await;
    let listed = browser.devices().await;
    Condition {
        user,
        sessions: listed.rows.iter().map(|row| row.id.clone().unwrap_or_default()).collect(),
        sign_in_and_refresh_calls: app.token_calls("authorization_code") + app.token_calls("refresh_token"),
        logout_calls: app.emulator.control().state().calls_of(Endpoint::Logout),
    }
}

/// The headers with which a request of another site, or of none that can be told, comes.
const FOREIGN: [(&str, &[(&str, &str)]); 8] = [
    ("another site", &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")]),
    ("a sibling", &[("sec-fetch-site", "same-site"), ("origin", "https://sibling.localhost")]),
    ("an unknown relation", &[("sec-fetch-site", "nonsense")]),
    ("another site that forges the origin", &[("sec-fetch-site", "cross-site"), ("origin", "OURS")]),
    ("an opaque origin", &[("origin", "null")]),
    ("another origin", &[("origin", "https://evil.example")]),
    ("another port", &[("origin", "http://localhost:1")]),
    ("neither header, with a cookie", &[]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_another_site_sends_is_done_at_any_route() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let _second = app.signed_in(ADA).await;
    let before = condition(&app, &mut browser).await;
    assert_eq!(before.sessions.len(), 2);
    for path in every_path() {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            for (who, headers) in FOREIGN {
                let mut request = browser
                    .request(method.clone(), path)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body("id=x&query=code%3Dx");
                for (name, value) in headers {
                    request = request.header(*name, if *value == "OURS" { &app.url } else { *value });
                }
                let answer = browser.send(request).await;
                if NOTIFICATIONS.contains(&path) {
                    assert!((400..500).contains(&answer.status), "{method} {path} by {who}: {}", answer.status);
                } else {
                    assert_eq!(answer.status, 403, "{method} {path} by {who}");
                }
                assert!(!answer.headers.contains_key("set-cookie"), "{method} {path} by {who}");
            }
        }
    }
    assert_eq!(condition(&app, &mut browser).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_changes_nothing_at_any_route() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let before = condition(&app, &mut browser).await;
    for path in every_path().into_iter().filter(|path| *path != "/auth/login") {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            for query in ["", "?id=x&query=code%3Dx"] {
                let request =
                    browser.request(method.clone(), &format!("{path}{query}")).header("sec-fetch-site", "cross-site");
                let answer = browser.send(request).await;
                assert!(!answer.headers.contains_key("set-cookie"), "{method} {path}{query}");
                if path.starts_with("/api/") {
                    assert_eq!(answer.status, 405, "{method} {path}{query}");
                }
            }
        }
    }
    assert_eq!(condition(&app, &mut browser).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_functions_take_nothing_but_forms() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let before = condition(&app, &mut browser).await;
    let other =
        ["text/plain", "multipart/form-data; boundary=x", "application/json", "application/octet-stream", "nonsense"];
    for path in ENDPOINTS.iter().map(|rule| rule.path).filter(|path| path.starts_with("/api/")) {
        for encoding in other.map(Some).into_iter().chain([None]) {
            let mut request = browser.request(Method::POST, path).header("sec-fetch-site", "same-origin").body("id=x");
            if let Some(encoding) = encoding {
                request = request.header("content-type", encoding);
            }
            assert_eq!(
                browser.send(request).await.status,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "{path} as {encoding:?}"
            );
        }
    }
    assert_eq!(condition(&app, &mut browser).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn preflights_allow_nothing() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    for path in every_path() {
        let request = browser
            .request(Method::OPTIONS, path)
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type");
        let answer = browser.send(request).await;
        let allowing = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(allowing, None, "{path}");
    }
}

/// How a browser asks for a step of sign-in without its person's navigation.
const WITHOUT_NAVIGATION: [&[(&str, &str)]; 10] = [
    &[("sec-purpose", "prefetch")],
    &[("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate")],
    &[("purpose", "prefetch")],
    &[("x-moz", "prefetch")],
    &[("sec-fetch-dest", "iframe"), ("sec-fetch-mode", "navigate"), ("sec-fetch-site", "cross-site")],
    &[("sec-fetch-dest", "frame"), ("sec-fetch-mode", "navigate")],
    &[("sec-fetch-dest", "object"), ("sec-fetch-mode", "navigate")],
    &[("sec-fetch-dest", "image"), ("sec-fetch-mode", "no-cors")],
    &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors"), ("sec-fetch-site", "same-origin")],
    &[("sec-fetch-dest", "script"), ("sec-fetch-mode", "no-cors")],
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_ahead_and_embedding_start_no_sign_in() {
    let app = app().await;
    for headers in WITHOUT_NAVIGATION {
        let mut browser = app.browser();
        let mut request = browser.request(Method::GET, "/auth/login?return_to=/dashboard");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = browser.send(request).await;
        assert_eq!(answer.status, 403, "{headers:?}");
        assert!(!answer.headers.contains_key("set-cookie") && !answer.headers.contains_key("location"), "{headers:?}");
    }
    let mut browser = app.browser();
    let request = browser.request(Method::HEAD, "/auth/login");
    let answer = browser.send(request).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET"));
    assert!(!answer.headers.contains_key("set-cookie"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_ahead_and_embedding_use_no_answer_up() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let cookies = browser.cookies.clone();
    for headers in WITHOUT_NAVIGATION {
        let mut request = browser.request(Method::GET, &callback);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = browser.send(request).await;
        assert_eq!((answer.status, &browser.cookies), (403, &cookies), "{headers:?}");
    }
    let request = browser.request(Method::HEAD, &callback);
    assert_eq!(browser.send(request).await.status, 405);
    assert_eq!(app.token_calls("authorization_code"), 0);
    assert_eq!(browser.get(&callback).await.location(), "/dashboard/profile", "and the person comes through");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sites_and_the_provider_may_link_to_the_start_of_sign_in() {
    let app = app().await;
    let navigation = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-user", "?1"),
    ];
    let mut browser = app.browser();
    let mut request = browser.request(Method::GET, "/auth/login");
    for (name, value) in navigation {
        request = request.header(name, value);
    }
    assert_eq!(browser.send(request).await.status, 302);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_navigation_that_a_service_worker_passes_on_signs_in() {
    let app = app().await;
    let mut browser = app.browser();
    // What Chromium sends for `fetch(event.request)`: the destination is lost, the mode and the site are not.
    let passed_on = |browser: &Browser, url: &str, site: &str| {
        let request = browser.request(Method::GET, url).header("sec-fetch-site", site);
        request.header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "empty")
    };
    let start = browser.send(passed_on(&browser, "/auth/login", "same-origin")).await;
    assert_eq!(start.status, 302, "{}", start.body);
    let callback = browser.choose_person(&start, ADA).await;
    let landed = browser.send(passed_on(&browser, &callback, "cross-site")).await;
    assert_eq!((landed.status, landed.location()), (302, "/dashboard/profile"), "{}", landed.body);
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_is_answered_with_a_page_that_goes_on_and_a_link_with_a_redirect() {
    let app = app().await;
    let mut browser = app.browser();
    let link = browser.get("/auth/login?login_hint=ada%40example.com").await;
    assert_eq!((link.status, link.body.as_str()), (302, ""));
    let form = browser.get("/auth/login?by=form&login_hint=ada%40example.com&return_to=/dashboard").await;
    assert_eq!((form.status, form.location()), (200, ""));
    let authorize = url::Url::parse(form.as_redirect().location()).unwrap();
    assert_eq!(authorize.origin().ascii_serialization(), app.state.scalekit.config().environment_url());
    assert!(authorize.query_pairs().any(|(name, value)| name == "login_hint" && value == "ada@example.com"));
    assert!(!authorize.query_pairs().any(|(name, _)| name == "by"), "our own word does not go to the provider");
    let hosted = browser.get(authorize.as_str()).await;
    assert!(hosted.is_redirect(), "the provider takes it: {}", hosted.body);
}
