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

/// `GET /readyz`: the store answers and the provider's keys are at hand.
pub async fn ready(State(state): State<Arc<AppState>>) -> Response {
    let mut missing = Vec::new();
    if let Err(error) = state.sessions.ping_store().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "not ready: the session store failed");
        missing.push("session store");
    }
    if let Err(error) = state.scalekit.keys_available(state.clock.now()).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "not ready: the provider's keys can't be fetched");
        missing.push("provider keys");
    }
    if missing.is_empty() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", missing.join(", "))).into_response()
}
