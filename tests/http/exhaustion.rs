//! Too much of everything: login starts without end, input that is deep or wide. Limits of rates are in `rate_limits.rs`, slow clients
//! and large heads in `serving.rs`, handlers that hang or panic in `last_resort.rs`, used-up descriptors in the process tests.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, Response},
};
use leptos_scalekit::server::{
    client_address::PeerAddress,
    clock::Clock,
    router,
    session::{memory::MemoryStore, store::SessionStore as _},
    state::AppState,
};
use tower::ServiceExt as _;

use crate::support::settings;

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
