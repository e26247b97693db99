//! The two addresses whose `GET` does something, `/auth/login` and `/auth/callback`, work for a person who navigates there and for
//! nothing else: not for a frame or an image, not for a browser that looks ahead, not for `HEAD`.
//!
//! By headers that browsers set and pages can't (Fetch Metadata; `Sec-Purpose`, Fetch §3.9). Where they are missing the request
//! passes: older browsers, and programs. Other sites may link here, since Scalekit and its portals do (scalekit-api §11). Not here:
//! requests that are not `GET` (`csrf`).

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{
    problem::{self, Asker},
    state::AppState,
};
use crate::error::AppError;

/// Where a login attempt begins and where it ends.
const STEPS_OF_SIGN_IN: [&str; 2] = ["/auth/login", "/auth/callback"];

/// Refuses whatever is not a person's navigation, before anything is looked at, set or used up.
pub async fn require_navigation(
    State(state): State<Arc<AppState>>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    if !path.is_some_and(|path| STEPS_OF_SIGN_IN.contains(&path.as_str())) {
        return next.run(request).await;
    }
    let Some(refused) = refusal(request.method(), request.headers()) else {
        return next.run(request).await;
    };
    tracing::info!(path = request.uri().path(), "a step of sign-in was asked for without a person's navigation");
    let asker = Asker::of(request.method(), request.uri(), request.headers());
    let mut response = problem::respond_with_status(&state, &AppError::Invalid, refused, &asker);
    if refused == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
    }
    response
}

/// The status for what is not a person's navigation.
pub(super) fn refusal(method: &Method, headers: &HeaderMap) -> Option<StatusCode> {
    if *method == Method::HEAD {
        Some(StatusCode::METHOD_NOT_ALLOWED)
    } else if looks_ahead(headers) || is_embedded(headers) {
        Some(StatusCode::FORBIDDEN)
    } else {
        None
    }
}

/// Whether the browser, not the person, asks: `prefetch`, with or without `prerender`; in older browsers under two other names.
fn looks_ahead(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-moz"].iter().flat_map(|name| headers.get_all(*name)).any(|value| {
        let value = String::from_utf8_lossy(value.as_bytes()).to_lowercase();
        ["prefetch", "prerender", "preview"].iter().any(|word| value.contains(word))
    })
}

/// Whether the answer is wanted for anything but a tab or window of its own.
fn is_embedded(headers: &HeaderMap) -> bool {
    let says_other = |name: &str, wanted: &str| headers.get_all(name).iter().any(|value| value != wanted);
    says_other("sec-fetch-dest", "document") || says_other("sec-fetch-mode", "navigate")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn every_way_of_looking_ahead_is_known() {
        for line in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("sec-purpose", "prefetch;anonymous-client-ip"),
            ("purpose", "prefetch"),
            ("purpose", "Preview"),
            ("x-moz", "prefetch"),
        ] {
            assert!(looks_ahead(&headers(&[line])), "{line:?}");
        }
        assert!(!looks_ahead(&headers(&[])));
        assert!(!looks_ahead(&headers(&[("sec-purpose", "none")])));
    }

    #[test]
    fn only_a_document_of_its_own_is_no_embedding() {
        assert!(!is_embedded(&headers(&[])));
        assert!(!is_embedded(&headers(&[("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate")])));
        for dest in
            ["iframe", "frame", "embed", "object", "image", "script", "style", "empty", "worker", "", "nonsense"]
        {
            assert!(is_embedded(&headers(&[("sec-fetch-dest", dest)])), "{dest}");
        }
        for mode in ["no-cors", "cors", "same-origin", "websocket"] {
            assert!(is_embedded(&headers(&[("sec-fetch-mode", mode)])), "{mode}");
        }
    }
}
