//! Requests that would take for ever. The clock is stopped and moves by itself as soon as everybody waits.

use axum::{body::Body, http::Request};
use leptos_scalekit::server::{clock::Clock, router, session::id::SessionId, state::AppState};
use tower::ServiceExt as _;

use crate::support::{Trouble, TroubledStore, settings};

#[tokio::test(start_paused = true)]
async fn a_request_that_hangs_is_answered_503_in_the_end() {
    let store = TroubledStore::new();
    let provider = scalekit::Config::new("http://localhost:1", "skc_nobody", "test_nothing".to_owned().into()).unwrap();
    let state =
        AppState::with_store(settings("http://localhost:3000"), provider, store.clone(), Clock::default()).unwrap();
    let router = router(&state);
    store.be(Trouble::Hangs);
    let cookie = format!("session={}", SessionId::generate().unwrap().to_cookie_value());
    let request = Request::get("/dashboard").header("cookie", cookie).header("accept", "text/html");
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "5");
    assert!(response.headers().contains_key("content-security-policy"));
}
