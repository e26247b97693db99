//! No long addresses: of a request's path and query more than 8 kB is refused. Pages and error pages repeat addresses, several times over.
//!
//! A callback with a long code and a start of a sign-in with an identity provider's token fit several times. Not here: whole heads, which
//! `serve::connection` limits.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};

use super::{
    problem::{self, Asker},
    state::AppState,
};
use crate::error::AppError;

/// In bytes; what servers and proxies commonly take (RFC 9110, section 4.1: at least 8,000 octets).
const LONGEST_ADDRESS: usize = 8 * 1024;

/// Answers 414 to a request whose path and query are too long.
pub async fn limit_address(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let length = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if length <= LONGEST_ADDRESS {
        return next.run(request).await;
    }
    tracing::info!(length, "an address was too long");
    let asker = Asker::of(request.method(), request.uri(), request.headers());
    problem::respond_with_status(&state, &AppError::Invalid, StatusCode::URI_TOO_LONG, &asker)
}
