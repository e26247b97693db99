//! Whether the process is alive, and whether it can serve sign-ins.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use super::state::AppState;

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: whether store and keys are there. Yes or no, as anybody may ask: the log says why not.
pub async fn ready(State(state): State<Arc<AppState>>) -> Response {
    let store = state.sessions.ping().await;
    if let Err(error) = &store {
        tracing::warn!(error = error as &dyn std::error::Error, "not ready: the session store failed");
    }
    let keys = state.scalekit.keys_available(state.clock.now()).await;
    if let Err(error) = &keys {
        tracing::warn!(error = error as &dyn std::error::Error, "not ready: the provider's keys can't be fetched");
    }
    if store.is_ok() && keys.is_ok() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
}
