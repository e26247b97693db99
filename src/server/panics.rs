//! A panic in a handler is a fault of ours: the visitor gets an error page with the request's identifier, the log a line like any
//! other, and other requests notice nothing.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use futures_util::FutureExt as _;

use super::{
    problem::{self, Asker},
    state::AppState,
};
use crate::error::AppError;

/// Has panics, wherever they happen, written to the log instead of past it.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a panic: a fault of this program")));
}

/// Answers in the handler's place if it panics.
pub async fn answer_panics(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let asker = Asker::of(request.method(), request.uri(), request.headers());
    // Nothing of the handler's is used afterwards; what is shared has its own rules for locks that a panic left behind.
    AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| problem::respond(&state, &AppError::Internal, &asker))
}
