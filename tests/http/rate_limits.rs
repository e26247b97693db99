//! How often what may be asked for: 429 beyond the limit, and everything as before once time has passed. Time is moved, not waited for.

use std::{ops::Deref, sync::Arc, time::Instant};

use axum::{Router, body::Body, http::Request};
use leptos_scalekit::server::{
    client_address::PeerAddress,
    rate_limit::{Class, RULES, Rule},
    router,
    session::memory::MemoryStore,
};
use tower::ServiceExt as _;

use crate::support::{ADA, App, Page, app_with};

/// An application with limits, and its router, to be asked without sockets: thousands of requests cost little.
struct Limited {
    app: App,
    router: Router,
}

impl Deref for Limited {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

/// The tests' own connection stands for a proxy, so that requests can come from anywhere.
async fn limited_app() -> Limited {
    limited(&["127.0.0.1/32"]).await
}

async fn limited(proxies: &[&str]) -> Limited {
    let app = app_with(Arc::new(MemoryStore::default()), |settings| {
        settings.rate_limit = true;
        settings.trusted_proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
    })
    .await;
    // Room for moving the clock back.
    app.advance(3600);
    Limited { router: router(&app.state), app }
}

/// Keeps the application's time from passing while a limit is used up, which takes a slow machine longer: places come back with
/// time.
struct HeldClock<'a> {
    app: &'a App,
    since: Instant,
    held_back: i64,
}

impl<'a> HeldClock<'a> {
    fn of(app: &'a App) -> Self {
        Self { app, since: Instant::now(), held_back: 0 }
    }

    fn hold(&mut self) {
        let passed = i64::try_from(self.since.elapsed().as_secs()).unwrap();
        self.app.state.clock.advance(self.held_back - passed);
        self.held_back = passed;
    }
}

fn rule(class: Class) -> Rule {
    *RULES.iter().find(|rule| rule.class == class).unwrap()
}

/// What a class is asked for: its answer if it is allowed, and the request.
const REQUESTS: &[(Class, &str, &str, u16)] = &[
    (Class::LoginStart, "GET", "/auth/login", 302),
    (Class::Callback, "GET", "/auth/callback", 400),
    (Class::ServerFunction, "POST", "/api/current_session", 200),
    (Class::Notification, "POST", "/auth/backchannel-logout", 400),
    (Class::Notification, "POST", "/webhooks/scalekit", 400), // part: webhooks
];

/// Asks over a connection that comes from `peer`.
async fn ask_from(app: &Limited, peer: &str, method: &str, path: &str, from: &str, accept: &str) -> Page {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .extension(PeerAddress(peer.parse().unwrap()))
        .header("x-forwarded-for", from)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", accept);
    let response = app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1_000_000).await.unwrap();
    Page { status: parts.status.as_u16(), headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
}

/// The same, by way of a trusted proxy.
async fn ask(app: &Limited, method: &str, path: &str, from: &str, accept: &str) -> Page {
    ask_from(app, "127.0.0.1", method, path, from, accept).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_class_has_a_limit_for_an_address_and_recovers() {
    let app = limited_app().await;
    let mut last = 0;
    for (class, method, path, allowed) in REQUESTS.iter().copied() {
        let quota = rule(class).by_address;
        // Another address for each, since notifications share theirs.
        last += 1;
        let from = format!("198.51.100.{last}");
        let mut answered = 0;
        let mut clock = HeldClock::of(&app);
        let refusal = loop {
            clock.hold();
            let answer = ask(&app, method, path, &from, "*/*").await;
            if answer.status == 429 {
                break answer;
            }
            assert_eq!(answer.status, allowed, "{path}");
            answered += 1;
            assert!(answered <= 4 * quota.at_once, "{path} has no limit");
        };
        // What a second brings back is more.
        assert!(answered >= quota.at_once, "{path}: {answered}");
        let wait: i64 = refusal.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&wait), "{path}: {wait}");
        assert_eq!(refusal.header("cache-control"), "no-store, no-transform");
        assert!(!refusal.headers.contains_key("set-cookie"), "{path}");
        let other = ask(&app, method, path, "203.0.113.1", "*/*").await;
        assert_eq!(other.status, allowed, "{path}: another address is not touched");
        app.state.clock.advance(wait);
        assert_eq!(ask(&app, method, path, &from, "*/*").await.status, allowed, "{path}: after {wait} s");
        app.state.clock.advance(120);
    }
}

/// Uses an address up and answers with the first refusal.
async fn refusal(app: &Limited, path: &str, method: &str, from: impl Fn(u32) -> String, accept: &str) -> Option<Page> {
    let mut clock = HeldClock::of(app);
    for number in 0..3000 {
        clock.hold();
        let answer = ask(app, method, path, &from(number), accept).await;
        if answer.status == 429 {
            return Some(answer);
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_get_a_page_functions_an_error_of_theirs_and_programs_a_sentence() {
    let app = limited_app().await;
    let page = refusal(&app, "/auth/login?return_to=/dashboard", "GET", |_| "198.51.100.1".to_owned(), "text/html")
        .await
        .unwrap();
    assert!(page.body.contains("<h1") && page.body.contains("Too many requests"), "{}", page.body);
    assert!(page.body.contains("href=\"/auth/login?return_to=/dashboard\""), "the way on: {}", page.body);
    assert!(!page.header("content-security-policy").is_empty());
    let sentence = refusal(&app, "/auth/login", "GET", |_| "198.51.100.1".to_owned(), "*/*").await.unwrap();
    assert!(!sentence.body.contains('<'), "{}", sentence.body);
    let error =
        refusal(&app, "/api/current_session", "POST", |_| "198.51.100.1".to_owned(), "application/json").await.unwrap();
    let wait: u32 = error.header("retry-after").parse().unwrap();
    assert_eq!(error.body, format!("{{\"TooManyRequests\":{{\"retry_after\":{wait}}}}}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscribers_many_ipv6_addresses_are_one_client() {
    let app = limited_app().await;
    let from = |number: u32| format!("2001:db8:1:2:{number:x}::{number:x}");
    assert!(refusal(&app, "/auth/login", "GET", from, "*/*").await.is_some());
    assert_eq!(ask(&app, "GET", "/auth/login", "2001:db8:1:3::1", "*/*").await.status, 302);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_a_client_makes_up_is_not_believed() {
    let app = limited(&[]).await;
    let from = |number: u32| format!("198.51.{}.{}", number / 250, number % 250);
    assert!(refusal(&app, "/auth/login", "GET", from, "*/*").await.is_some());
    // Behind a proxy that appends the truth, neither.
    let app = limited_app().await;
    let from = |number: u32| format!("198.51.{}.{}, 203.0.113.7", number / 250, number % 250);
    assert!(refusal(&app, "/auth/login", "GET", from, "*/*").await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_clients_together_have_a_limit_too() {
    let app = limited_app().await;
    let together = rule(Class::Callback).together;
    let from = |number: u32| format!("198.51.{}.{}", number / 250, number % 250);
    let page = refusal(&app, "/auth/callback", "GET", from, "*/*").await.unwrap();
    let wait: i64 = page.header("retry-after").parse().unwrap();
    assert!(wait <= 60 * i64::from(together.at_once) / i64::from(together.a_minute) + 1);
    assert_eq!(app.token_calls("authorization_code"), 0);
    app.state.clock.advance(wait);
    assert_eq!(ask(&app, "GET", "/auth/callback", "203.0.113.1", "*/*").await.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_callback_uses_nothing_up_and_a_refused_function_ends_no_session() {
    let app = limited_app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    assert!(refusal(&app, "/auth/callback", "GET", |_| "127.0.0.1".to_owned(), "*/*").await.is_some());
    // Before anything comes back, however long the next request takes.
    app.state.clock.advance(-30);
    let wait = browser.get(&callback).await;
    assert_eq!(wait.status, 429);
    app.state.clock.advance(wait.header("retry-after").parse().unwrap());
    assert_eq!(browser.get(&callback).await.location(), "/dashboard/profile");
    assert!(refusal(&app, "/api/current_session", "POST", |_| "127.0.0.1".to_owned(), "*/*").await.is_some());
    app.state.clock.advance(-30);
    let refused = browser.call("/api/refresh_session", "").await;
    assert_eq!(refused.status, 429);
    app.state.clock.advance(30);
    assert!(!refused.touches_session_cookie());
    assert_eq!(browser.get("/dashboard").await.status, 200, "pages go on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_elsewhere_full_of_images_and_forms_uses_nobodys_limit_up() {
    let app = limited_app().await;
    let image = [("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "image"), ("sec-fetch-mode", "no-cors")];
    let form = [("sec-fetch-site", "cross-site"), ("content-type", "application/x-www-form-urlencoded")];
    for (class, method, path, allowed) in REQUESTS.iter().copied() {
        let headers: &[(&str, &str)] = match class {
            Class::LoginStart | Class::Callback => &image,
            Class::ServerFunction => &form,
            // Of these, what is signed by nobody looks like what is signed.
            Class::Notification => continue,
        };
        for _ in 0..2 * rule(class).by_address.at_once {
            let mut request = Request::builder()
                .method(method)
                .uri(path)
                .extension(PeerAddress("127.0.0.1".parse().unwrap()))
                .header("x-forwarded-for", "198.51.100.1");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(answer.status().as_u16(), 403, "{path}");
        }
        assert_eq!(ask(&app, method, path, "198.51.100.1", "*/*").await.status, allowed, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_rate_limit_off_nobody_is_refused() {
    let app = app_with(Arc::new(MemoryStore::default()), |_| {}).await;
    for _ in 0..3 * rule(Class::LoginStart).by_address.at_once {
        assert_eq!(app.browser().get("/auth/login").await.status, 302);
    }
}
