//! Requests that would take for ever, and requests that panic.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{Request, Response},
};
use http_body::Frame;
use leptos_scalekit::server::{router, state::AppState};
use scalekit_sessions::{Clock, SessionId};
use tower::ServiceExt as _;

use crate::support::{Trouble, TroubledStore, settings};

/// What somebody with a session cookie is told by an application whose store is in trouble.
pub(crate) async fn answer_with(trouble: Trouble) -> Response<Body> {
    let store = TroubledStore::new();
    let provider = scalekit::Config::new("http://localhost:1", "skc_nobody", "test_nothing".to_owned().into()).unwrap();
    let settings = settings("http://localhost:3000");
    let state = AppState::with_store(settings, provider, Arc::clone(&store) as _, Clock::default()).unwrap();
    let router = router(&state);
    store.be(trouble);
    let cookie = format!("{}={}", state.cookies.session_name(), SessionId::generate().unwrap().to_cookie_value());
    let request = Request::get("/dashboard").header("cookie", cookie).header("accept", "text/html");
    router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

/// The clock is stopped and moves by itself as soon as everybody waits.
#[tokio::test(start_paused = true)]
async fn a_request_that_hangs_is_answered_503_in_the_end() {
    let response = answer_with(Trouble::Hangs).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "5");
    assert!(response.headers().contains_key("content-security-policy"));
}

#[tokio::test]
async fn a_request_that_panics_is_answered_500_with_its_identifier() {
    let response = answer_with(Trouble::Panics).await;
    assert_eq!(response.status(), 500);
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert!(response.headers().contains_key("content-security-policy"));
    let body = axum::body::to_bytes(response.into_body(), 1_000_000).await.unwrap();
    assert!(String::from_utf8_lossy(&body).contains(&id));
}

/// The clock is stopped and moves by itself as soon as everybody waits.
#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_waited_for_as_long_as_for_anything_else() {
    let paths = [
        "/api/exchange_code",
        "/auth/backchannel-logout",
        "/webhooks/scalekit", // part: webhooks
    ];
    for path in paths {
        let provider =
            scalekit::Config::new("http://localhost:1", "skc_nobody", "test_nothing".to_owned().into()).unwrap();
        let store = TroubledStore::new();
        let state =
            AppState::with_store(settings("http://localhost:3000"), provider, store as _, Clock::default()).unwrap();
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("webhook-id", "msg_1")
            .header("webhook-timestamp", "1")
            .header("webhook-signature", "v1,AAAA")
            .body(Body::new(Endless));
        let answer = router(&state).oneshot(request.unwrap());
        let response =
            tokio::time::timeout(state.patience().answer() + Duration::from_secs(10), answer).await.unwrap().unwrap();
        assert!(response.status().is_client_error() || response.status() == 503, "{path}: {}", response.status());
    }
}

/// A body of which nothing comes.
struct Endless;

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}
