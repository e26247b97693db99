//! The HTTP status of a server function's error. Leptos answers 500 to all of them, unreadable arguments included;
//! here each gets its own, and people who posted a plain form get a page instead of an encoded error. So do they for a page that can't be
//! shown only because too many people asked: it goes on by itself.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;

use super::{
    problem::{self, Asker},
    state::AppState,
};
use crate::error::AppError;

/// Errors are small; a longer body is not one of ours.
const MAX_ERROR_BYTES: usize = 4096;

/// Replaces the status of a failed server function by the one of its error.
pub async fn give_errors_their_status(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let is_function = request.uri().path().starts_with("/api/");
    let asker = Asker::of(request.method(), request.uri(), request.headers());
    let response = next.run(request).await;
    if let Some(error) = too_many(&response).filter(|_| !is_function) {
        return problem::respond(&state, &error, &asker);
    }
    if !is_function || !failed(&response) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_ERROR_BYTES).await.unwrap_or_default();
    let error = serde_json::from_slice(&body).unwrap_or(AppError::Internal);
    if asker.accepts_html {
        let mut page = problem::respond(&state, &error, &asker);
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            page.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        return page;
    }
    parts.status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(retry_after) = error.retry_after() {
        parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
    }
    Response::from_parts(parts, Body::from(body))
}

/// What a page says that was refused for that reason.
fn too_many(response: &Response) -> Option<AppError> {
    let retry_after = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    (response.status() == StatusCode::TOO_MANY_REQUESTS).then_some(AppError::TooManyRequests { retry_after })
}

/// Whether a server function answered with an error, also where Leptos has turned it into a redirect to the referrer.
fn failed(response: &Response) -> bool {
    response.headers().contains_key(SERVER_FN_ERROR_HEADER) || response.status().is_server_error()
}
