//! Error answers outside the application's own pages: a complete document for people, a sentence for programs.
//!
//! The one place that turns an [`AppError`] into an HTTP response. The document needs no scripts.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use leptos::prelude::{Owner, RenderHtml as _};

use super::telemetry::REQUEST_ID;
use crate::{
    app::{ErrorPage, error_document},
    error::AppError,
};

/// Answers a request with an error and its own status.
#[must_use]
pub fn respond(error: &AppError, request_headers: &HeaderMap) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    respond_with_status(error, status, request_headers)
}

/// Answers a request with an error and another status than its own.
#[must_use]
pub fn respond_with_status(error: &AppError, status: StatusCode, request_headers: &HeaderMap) -> Response {
    let mut response = if accepts_html(request_headers) {
        let request_id = request_headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
        let page = ErrorPage { error: error.clone(), request_id, retry: None };
        Html(Owner::new().with(|| error_document(page).to_html())).into_response()
    } else {
        format!("{}. {}\n", error.title(), error.explanation()).into_response()
    };
    *response.status_mut() = status;
    if let AppError::Unavailable { retry_after } = error {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*retry_after));
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether a person with a browser is asking.
#[must_use]
pub fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}
