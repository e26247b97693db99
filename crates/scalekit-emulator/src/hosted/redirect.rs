//! Sending the browser somewhere.
//!
//! What for: redirects with and without the session cookie.
//! Not here: where to.
//! Called by: authorize, logout, every form.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::session_cookie;

/// 302, for an answer to GET.
pub(crate) fn found(location: &str, cookie: Option<&str>) -> Response {
    redirect(StatusCode::FOUND, location, cookie.and_then(session_cookie::write))
}

/// 303, for an answer to a form.
pub(super) fn see_other(location: &str, cookie: Option<&str>) -> Response {
    redirect(StatusCode::SEE_OTHER, location, cookie.and_then(session_cookie::write))
}

/// 302, and the session cookie goes.
pub(crate) fn leave_signed_out(location: &str) -> Response {
    redirect(StatusCode::FOUND, location, Some(session_cookie::clear()))
}

fn redirect(status: StatusCode, location: &str, cookie: Option<HeaderValue>) -> Response {
    // Every location is a registered URL or a path of ours, with form-encoded values: always a good header.
    let Ok(location) = HeaderValue::from_str(location) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let mut answer = (status, [(header::LOCATION, location)]).into_response();
    if let Some(cookie) = cookie {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}
