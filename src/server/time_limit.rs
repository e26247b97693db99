//! No request takes for ever: a handler that hangs, or a client that sends its body drop by drop, is answered 503.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use super::{
    problem::{self, Asker},
    state::AppState,
};
use crate::error::AppError;

/// Seconds after which the person's browser tries again.
const RETRY_SECONDS: u32 = 5;

/// Answers in the handler's place if it takes too long. What the handler has begun in tasks of their own goes on.
pub async fn limit_time(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let asker = Asker::of(request.method(), request.uri(), request.headers());
    tokio::time::timeout(state.patience().answer(), next.run(request)).await.unwrap_or_else(|_| {
        tracing::error!("a request took too long");
        problem::respond(&state, &AppError::Unavailable { retry_after: RETRY_SECONDS }, &asker)
    })
}
