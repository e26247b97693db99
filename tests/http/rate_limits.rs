//! How often what may be asked for: 429 beyond the limit, and everything as before once time has passed. Time
//! is moved, not waited for.

use std::{ops::Deref, sync::Arc, time::Instant};

use axum::{Router, body::Body, http::Request};
use axum_hardening::{client::PeerAddress, rate_limit::Rule};
use leptos_scalekit::server::{
    rate_limit::{Class, Rules},
    router,
};
use scalekit_sessions::MemoryStore;
use tower::ServiceExt as _;

use crate::{
    remote_sign_out::{is_signed_in, send_logout_token, sid_of},
    support::{ADA, App, Page, app_with},
};

/// An application with limits, and its router, to be asked without sockets: thousands of requests cost
/// little.
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
    limited(&["127.0.0.1/32"], small()).await
}

/// Limits that are used up soon.
fn small() -> Rules {
    Rules::parse("login_start=60/1440, callback=60/1440, server_function=60/1440").unwrap()
}

async fn limited(proxies: &[&str], rules: Rules) -> Limited {
    let app = app_with(Arc::new(MemoryStore::default()), |settings| {
        settings.rate_limits = Some(rules);
        settings.trusted_proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
    })
    .await;
    // Room for moving the clock back.
    app.advance(3600);
    Limited { router: router(&app.state), app }
}

/// Keeps the application's time from passing while a limit is used up, which takes a slow machine longer:
/// places come back with time.
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
    small().of(class)
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
        let quota = rule(class).address;
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
    goes_on_by_itself(&page, "/auth/login?return_to=/dashboard");
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
    let app = limited(&[], small()).await;
    let from = |number: u32| format!("198.51.{}.{}", number / 250, number % 250);
    assert!(refusal(&app, "/auth/login", "GET", from, "*/*").await.is_some());
    // Behind a proxy that appends the truth, neither.
    let app = limited_app().await;
    let from = |number: u32| format!("198.51.{}.{}, 203.0.113.7", number / 250, number % 250);
    assert!(refusal(&app, "/auth/login", "GET", from, "*/*").await.is_some());
}

/// Whether a page leads on to `path` when the time has come, with scripts and without.
fn goes_on_by_itself(page: &Page, path: &str) {
    let seconds = page.header("retry-after");
    let path = path.replace('&', "&amp;");
    for part in [
        format!("<noscript><meta http-equiv=\"refresh\" content=\"{seconds}; url={path}\""),
        format!("data-seconds=\"{seconds}\" data-path=\"{path}\""),
    ] {
        assert!(page.body.contains(&part), "{part} is missing: {}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_goes_on_by_itself_repeats_nothing_that_another_site_may_have_chosen() {
    let app = limited(&[], Rules::parse("login_start=6/72").unwrap()).await;
    let mut browser = app.browser();
    let path = "/auth/login?organization_id=org_1&return_to=/dashboard";
    for (site, repeated) in [("cross-site", "/login?return_to=/dashboard"), ("same-origin", path)] {
        let page = loop {
            let request = browser.request(reqwest::Method::GET, path).header("sec-fetch-site", site);
            let page = browser.send(request).await;
            if page.status == 429 {
                break page;
            }
        };
        goes_on_by_itself(&page, repeated);
        assert_eq!(page.body.contains("org_1"), site == "same-origin");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_goes_on_by_itself_makes_another_sites_link_none_of_ours() {
    let app = limited(&[], Rules::parse("login_start=6/72").unwrap()).await;
    let mut browser = app.signed_in(ADA).await;
    let link = "/auth/login?prompt=login&organization_id=org_1";
    let page = loop {
        let request = browser.request(reqwest::Method::GET, link).header("sec-fetch-site", "cross-site");
        let page = browser.send(request).await;
        if page.status == 429 {
            break page;
        }
    };
    let (_, path) = page.body.split_once("data-path=\"").unwrap();
    let path = path.split('"').next().unwrap().to_owned();
    app.advance(3600);
    let cookies = browser.cookies.clone();
    // As the page's script asks for it.
    let request = browser.request(reqwest::Method::GET, &path).header("sec-fetch-site", "same-origin");
    assert_eq!(browser.send(request).await.status, 200, "a page where the person chooses: {path}");
    assert_eq!(browser.cookies, cookies, "nothing has begun");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_clients_together_have_a_limit_too_and_strangers_a_reserve() {
    let app = limited_app().await;
    let from = |number: u32| format!("198.51.{}.{}", number % 2, number % 250);
    let page = refusal(&app, "/auth/login", "GET", from, "*/*").await.unwrap();
    let wait: i64 = page.header("retry-after").parse().unwrap();
    assert!((1..=2).contains(&wait), "twelve come back in a second");
    // What anybody can make up is counted for nobody else.
    let made_up = "/auth/callback?code=x&state=abcdefgh12";
    let open = rule(Class::Callback).together.unwrap().at_once / 2;
    for number in 0..open + 100 {
        assert_eq!(ask(&app, "GET", made_up, &from(number), "*/*").await.status, 400);
    }
    assert_eq!(app.token_calls("authorization_code"), 0);
    let mut stranger = app.browser();
    assert_eq!(stranger.sign_in("/auth/login", ADA).await, "/dashboard/profile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_genuine_sign_in_that_is_one_too_many_uses_nothing_up_and_goes_on_by_itself() {
    let app = limited(&["127.0.0.1/32"], Rules::parse("callback=6/72").unwrap()).await;
    let (mut other, mut browser) = (app.browser(), app.browser());
    let spent = other.sign_in_at_provider("/auth/login", ADA).await;
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let mut clock = HeldClock::of(&app);
    for number in 0..20 {
        clock.hold();
        let request =
            other.request(reqwest::Method::GET, &spent).header("x-forwarded-for", format!("198.51.{number}.1"));
        other.clone().send(request).await;
    }
    clock.hold();
    let calls = app.token_calls("authorization_code");
    let page = browser.get(&callback).await;
    assert_eq!(page.status, 429, "{}", page.body);
    let path = callback.split_once("/auth/").unwrap().1;
    goes_on_by_itself(&page, &format!("/auth/{path}"));
    let query = format!("query={}", path.split_once('?').unwrap().1.replace('&', "%26"));
    assert_eq!(browser.call("/api/exchange_code", &query).await.status, 429);
    assert_eq!(app.token_calls("authorization_code"), calls);
    app.state.clock.advance(page.header("retry-after").parse::<i64>().unwrap() + 10);
    assert_eq!(browser.get(&callback).await.location(), "/dashboard/profile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twelve_hostile_addresses_suppress_no_logout_token() {
    let app = limited_app().await;
    app.silence_provider();
    let mut browser = app.signed_in(ADA).await;
    let token = app.emulator.control().logout_token(&sid_of(&mut browser).await).unwrap();
    // More than all together could have, if these counted.
    for number in 0..1100 {
        let from = format!("198.51.{}.1", number % 12);
        let path = REQUESTS.iter().filter(|(class, ..)| *class == Class::Notification).nth(number % 2);
        let (_, method, path, _) = path.unwrap_or(&REQUESTS[3]);
        assert_eq!(ask(&app, method, path, &from, "*/*").await.status, 400);
    }
    assert_eq!(send_logout_token(&app, &token).await.status, 200);
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_people_of_one_address_sign_in_at_one_moment() {
    let app = limited(&["127.0.0.1/32"], Rules::default()).await;
    let mut last = app.browser();
    for _ in 1..300 {
        assert_eq!(ask(&app, "GET", "/auth/login", "127.0.0.1", "*/*").await.status, 302);
        assert_eq!(ask(&app, "GET", "/auth/callback", "127.0.0.1", "*/*").await.status, 400);
    }
    assert_eq!(last.sign_in("/auth/login", ADA).await, "/dashboard/profile");
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
        for _ in 0..2 * rule(class).address.at_once {
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
    for _ in 0..3 * rule(Class::LoginStart).address.at_once {
        assert_eq!(app.browser().get("/auth/login").await.status, 302);
    }
}
