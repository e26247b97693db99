//! What no request gets past: an address that is too long, a handler that takes too long, a handler that panics.
//!
//! Not here: limits of connections and of whole heads, which are `serve`'s.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;

use crate::error::AppError;

/// The longest path and query, in bytes; what servers and proxies commonly take (RFC 9110, section 4.1: at least 8,000 octets). A callback
/// with a long code and a start of a sign-in with an identity provider's token fit several times; pages and error pages repeat addresses.
const LONGEST_ADDRESS: usize = 8 * 1024;

/// Seconds after which the person's browser tries again.
const RETRY_SECONDS: u32 = 5;

/// Answers 414 to a request whose path and query are too long.
pub async fn limit_address(request: Request, next: Next) -> Response {
    let length = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if length <= LONGEST_ADDRESS {
        return next.run(request).await;
    }
    tracing::info!(length, "an address was too long");
    (StatusCode::URI_TOO_LONG, AppError::Invalid).into_response()
}

/// Answers 503 in the handler's place if it hangs, or if its client sends the body drop by drop. What the handler has begun in tasks of
/// their own goes on.
pub async fn limit_time(State(longest): State<Duration>, request: Request, next: Next) -> Response {
    tokio::time::timeout(longest, next.run(request)).await.unwrap_or_else(|_| {
        tracing::error!("a request took too long");
        AppError::Unavailable { retry_after: RETRY_SECONDS }.into_response()
    })
}

/// Answers 500 in the handler's place if it panics, which is a fault of ours. Other requests notice nothing.
pub async fn answer_panics(request: Request, next: Next) -> Response {
    // Nothing of the handler's is used afterwards; what is shared has its own rules for locks that a panic left behind.
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answer.unwrap_or_else(|_| AppError::Internal.into_response())
}

/// Has panics, wherever they happen, written to the log instead of past it.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a panic: a fault of this program")));
}
