//! What no request gets past: an address that is too long, a handler that takes too long, a handler that
//! panics.
//!
//! Not here: limits of connections and of whole heads, which are [`serve`](crate::serve)'s.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;

use crate::Refusal;

/// How long addresses may be.
#[derive(Debug, Clone, Copy)]
pub struct AddressLimit {
    /// The longest path and query, in bytes. Servers and proxies commonly take 8 kB (RFC 9110, section 4.1:
    /// at least 8,000 octets).
    pub longest: usize,
}

/// How long an answer may take.
#[derive(Debug, Clone, Copy)]
pub struct TimeLimit {
    /// From the request's head to the answer's. Longer than anything that a handler waits for.
    pub longest: Duration,
    /// Seconds after which another attempt makes sense.
    pub retry_after: u32,
}

/// Answers 414 to a request whose path and query are too long.
pub async fn limit_address(State(limit): State<AddressLimit>, request: Request, next: Next) -> Response {
    let length = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if length <= limit.longest {
        return next.run(request).await;
    }
    tracing::info!(length, "an address was too long");
    Refusal::new(StatusCode::URI_TOO_LONG, "The address is too long.").into_response()
}

/// Answers 503 in the handler's place if it hangs, or if its client sends the body drop by drop. What the
/// handler has begun in tasks of their own goes on.
pub async fn limit_time(State(limit): State<TimeLimit>, request: Request, next: Next) -> Response {
    tokio::time::timeout(limit.longest, next.run(request)).await.unwrap_or_else(|_| {
        tracing::error!("a request took too long");
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "This takes too long. Try again in a moment.")
            .with_retry_after(limit.retry_after)
            .into_response()
    })
}

/// Answers 500 in the handler's place if it panics, which is a fault of the application. Other requests
/// notice nothing.
///
/// The panic itself is logged by [`log_panics`]. One in a body that is sent piece by piece ends that
/// connection.
pub async fn answer_panics(request: Request, next: Next) -> Response {
    // Nothing of the handler's is used afterwards; locks that it held are `parking_lot`'s here, which a panic
    // does not poison.
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let failed = |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "Something failed on our side.").into_response();
    answer.unwrap_or_else(failed)
}

/// Has panics, wherever they happen, written to the log instead of past it.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a panic: a fault of this program")));
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, http::Request, middleware, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(router: Router, path: &str) -> Response {
        router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn a_long_address_is_refused_and_its_limit_is_not() {
        let limit = AddressLimit { longest: 10 };
        let router =
            || Router::new().fallback(async || "here").layer(middleware::from_fn_with_state(limit, limit_address));
        assert_eq!(ask(router(), "/345678901").await.status(), 200);
        assert_eq!(ask(router(), "/34567?9012").await.status(), 414);
    }

    /// The clock is stopped and moves by itself as soon as everybody waits.
    #[tokio::test(start_paused = true)]
    async fn a_handler_that_hangs_is_answered_for() {
        let limit = TimeLimit { longest: Duration::from_secs(60), retry_after: 5 };
        let router = Router::new()
            .route("/", get(async || std::future::pending::<()>().await))
            .layer(middleware::from_fn_with_state(limit, limit_time));
        let response = ask(router, "/").await;
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"5".parse().unwrap()));
    }

    #[tokio::test]
    async fn a_handler_that_panics_is_answered_for() {
        async fn panics() {
            panic!("a test's");
        }
        let router = Router::new().route("/", get(panics)).layer(middleware::from_fn(answer_panics));
        assert_eq!(ask(router, "/").await.status(), 500);
    }
}
