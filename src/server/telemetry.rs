//! What is written down about each request: method, matched route, status and time. Never a query, a cookie or a
//! claim: a callback's query holds a code.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tracing::Instrument as _;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use super::settings::Environment;

/// Names a request in logs, in its response and on error pages.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Starts logging: readable lines in development, JSON in production. `RUST_LOG` filters.
pub fn start_logging(environment: Environment) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    match environment {
        Environment::Development => registry.with(tracing_subscriber::fmt::layer().compact().with_target(false)).init(),
        Environment::Production => registry.with(tracing_subscriber::fmt::layer().json()).init(),
    }
}

/// Gives the request an identifier of ours, whatever it brought, and logs how it was answered.
pub async fn log_requests(mut request: Request, next: Next) -> Response {
    let id = new_request_id();
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default(), method = %request.method(), route);
    async move {
        let started = Instant::now();
        let mut response = next.run(request).await;
        let milliseconds = started.elapsed().as_millis();
        tracing::info!(status = response.status().as_u16(), milliseconds, "answered");
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }
    .instrument(span)
    .await
}

fn new_request_id() -> HeaderValue {
    let mut bytes = [0; 9];
    // An identifier without randomness would still be a valid one; nothing secret rests on it.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    HeaderValue::from_str(&URL_SAFE_NO_PAD.encode(bytes)).unwrap_or(HeaderValue::from_static("unknown"))
}
