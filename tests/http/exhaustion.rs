//! Too much of everything: login starts without end, input that is deep or wide. Limits of rates are in
//! `rate_limits.rs`, slow clients and large heads in `serving.rs`, handlers that hang or panic in
//! `last_resort.rs`, used-up descriptors in the process tests.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, Response},
};
use axum_hardening::client::PeerAddress;
use leptos_scalekit::server::{router, state::AppState};
use scalekit_sessions::{Clock, MemoryStore, SessionStore as _};
use tower::ServiceExt as _;

use crate::support::{ADA, app, settings};

#[derive(Clone)]
struct Application {
    router: Router,
    store: Arc<MemoryStore>,
}

/// An application without connections, whose provider nobody asks.
fn application() -> Application {
    let store = Arc::new(MemoryStore::default());
    let provider = scalekit::Config::new("http://localhost:1", "skc_nobody", "test_nothing".to_owned().into()).unwrap();
    let state =
        AppState::with_store(settings("http://localhost:3000"), provider, Arc::clone(&store) as _, Clock::default())
            .unwrap();
    Application { router: router(&state), store }
}

impl Application {
    async fn send(
        &self,
        peer: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path).extension(PeerAddress(peer.parse().unwrap()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
    }

    async fn status(&self, peer: &str, asked: (&str, &str)) -> u16 {
        self.send(peer, asked, &[], "").await.status().as_u16()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_login_starts_leave_nothing_behind() {
    let application = application();
    let start = |count: usize| {
        let application = application.clone();
        async move {
            for _ in 0..count {
                assert_eq!(application.status("192.0.2.1", ("GET", "/auth/login")).await, 302);
            }
        }
    };
    let tasks: Vec<_> = (0..4).map(|_| tokio::spawn(start(25_000))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(application.store.count(0).await.unwrap(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn input_that_is_deep_or_wide_is_refused() {
    let application = application();
    let deep = "[".repeat(30_000);
    let wide = "a=b&".repeat(100_000);
    let paths = [
        "/api/exchange_code",
        "/api/current_session",
        "/auth/backchannel-logout",
        "/webhooks/scalekit", // part: webhooks
    ];
    for path in paths {
        for (kind, body) in [
            ("application/json", deep.clone()),
            ("application/x-www-form-urlencoded", format!("query={deep}")),
            ("application/x-www-form-urlencoded", format!("logout_token=e30.{deep}.e30")),
            ("application/x-www-form-urlencoded", wide.clone()),
        ] {
            let answer = application.send("192.0.2.1", ("POST", path), &[("content-type", kind)], &body).await;
            let (status, length) = (answer.status().as_u16(), body.len());
            // What needs no argument does not read its body.
            assert!(status < 500 && (status >= 400 || path.ends_with("current_session")), "{path} {length}: {status}");
        }
    }
    let long = format!("/auth/login?return_to=/{}", "a".repeat(60_000));
    assert!(application.status("192.0.2.1", ("GET", &long)).await < 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_too_long_is_414_in_both_versions_of_http_and_what_sign_in_needs_is_not() {
    let app = app().await;
    let client = |builder: reqwest::ClientBuilder| {
        let resolved = builder.resolve("localhost", std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
        resolved.redirect(reqwest::redirect::Policy::none()).build().unwrap()
    };
    for client in
        [client(reqwest::Client::builder().http1_only()), client(reqwest::Client::builder().http2_prior_knowledge())]
    {
        let ask = async |path: &str| {
            let answer = client.get(format!("{}{path}", app.url)).header("accept", "text/html").send().await.unwrap();
            let headers = answer.headers().clone();
            (answer.status().as_u16(), headers, answer.text().await.unwrap())
        };
        let padded = |path: &str, length: usize| format!("{path}{}", "a".repeat(length - path.len()));
        for path in
            ["/?", "/login?return_to=/", "/dashboard?", "/nowhere/", "/auth/callback?code=", "/healthz?", "/api/"]
        {
            let (status, headers, page) = ask(&padded(path, 8193)).await;
            assert_eq!(status, 414, "{path}");
            assert!(headers.contains_key("content-security-policy") && headers.contains_key("x-request-id"), "{path}");
            assert!(page.contains("That request can't be read") && !page.contains("aaaa"), "{path}: {page}");
            assert_ne!(ask(&padded(path, 8192)).await.0, 414, "{path}");
        }
        let code = "c".repeat(6000);
        let (status, ..) = ask(&format!("/auth/callback?code={code}&state={}", "s".repeat(43))).await;
        assert_eq!(status, 400, "an answer to no attempt of this browser");
        let (status, ..) = ask(&format!("/auth/login?idp_initiated_login=e30.{code}.e30")).await;
        assert!(matches!(status, 302 | 400 | 502 | 503), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_return_path_that_is_too_long_is_dropped_before_anything_renders() {
    let application = application();
    let page = async |path: &str| {
        let answer = application.send("192.0.2.1", ("GET", path), &[("accept", "text/html")], "").await;
        assert_eq!(answer.status(), 200, "{path}");
        axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap().len()
    };
    let plain = page("/login").await;
    assert_eq!(page(&format!("/login?return_to=/{}", "%25".repeat(1024))).await, plain, "1,025 bytes, decoded");
    assert_eq!(page(&format!("/login?{}", "a&".repeat(4000))).await, plain, "nothing else is repeated");
    let most = page(&format!("/login?return_to=/{}", "%26".repeat(1023))).await - plain;
    assert!(most > 1024 && most < 32 * 1024, "what is kept is repeated: {most}");
    let sent = async |path: &str| {
        let answer = application.send("192.0.2.1", ("GET", path), &[], "").await;
        answer.headers()["location"].to_str().unwrap().to_owned()
    };
    assert_eq!(
        sent(&format!("/dashboard?{}", "a".repeat(1013))).await.len(),
        "/login?return_to=/dashboard%3F".len() + 1013
    );
    assert_eq!(sent(&format!("/dashboard?{}", "a".repeat(1014))).await, "/login");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_function_reads_no_more_than_its_arguments_need() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let answer = browser.call("/api/end_session", &format!("id={}", "x".repeat(30 * 1024))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = browser.call("/api/end_session", &format!("id={}", "x".repeat(33 * 1024))).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
}
