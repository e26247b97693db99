//! How pages and the two addresses whose `GET` does something, `/auth/login` and `/auth/callback`, may be
//! asked for. Pages: with `GET` and `HEAD`. The two work for a person who navigates there and for nothing
//! else: not for a frame or an image, not for a browser that looks ahead, not for `HEAD`.
//!
//! By headers that browsers set and pages can't (Fetch Metadata; `Sec-Purpose`, Fetch §3.9). Where they are
//! missing the request passes: older browsers, and programs. Other sites may link here, since Scalekit and
//! its portals do (scalekit-api §11). Not here: where other requests come from (`csrf`).

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::routes;
use crate::error::AppError;

/// Where a login attempt begins and where it ends.
const STEPS_OF_SIGN_IN: [&str; 2] = ["/auth/login", "/auth/callback"];

/// Refuses other methods, and for the steps of sign-in whatever is not a person's navigation, before anything
/// is looked at, set or used up.
pub async fn require_navigation(path: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let path = path.as_ref().map_or("", MatchedPath::as_str);
    let is_step = STEPS_OF_SIGN_IN.contains(&path);
    let is_page = routes::find(path).is_some_and(|rule| rule.is_page);
    let refused = if is_page && !matches!(*request.method(), Method::GET | Method::HEAD) {
        Some(StatusCode::METHOD_NOT_ALLOWED)
    } else if is_step {
        refusal(request.method(), request.headers())
    } else {
        None
    };
    let Some(refused) = refused else { return next.run(request).await };
    tracing::info!(path, status = refused.as_u16(), "a page was asked for in a way that it can't be");
    let mut response = (refused, AppError::Invalid).into_response();
    if refused == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = if is_step { "GET" } else { "GET,HEAD" };
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    }
    response
}

/// The status of a step of sign-in for what is not a person's navigation.
pub(super) fn refusal(method: &Method, headers: &HeaderMap) -> Option<StatusCode> {
    if *method == Method::HEAD {
        Some(StatusCode::METHOD_NOT_ALLOWED)
    } else if looks_ahead(headers) || is_embedded(headers) {
        Some(StatusCode::FORBIDDEN)
    } else {
        None
    }
}

/// Whether a service worker of this site passes a navigation on (`fetch(event.request)`): it keeps its mode
/// and loses its destination. No page can ask for that mode, and no other site's frame has a service worker
/// of ours. What `Sec-Fetch-Site` says then is not what every browser's person did: it may be the worker's
/// own site.
pub(super) fn is_passed_on(headers: &HeaderMap) -> bool {
    is_only(headers, "sec-fetch-dest", "empty") && is_only(headers, "sec-fetch-mode", "navigate")
}

fn is_only(headers: &HeaderMap, name: &str, wanted: &str) -> bool {
    let mut values = headers.get_all(name).iter();
    values.next().is_some_and(|value| value == wanted) && values.next().is_none()
}

/// Whether the browser, not the person, asks: `prefetch`, with or without `prerender`; in older browsers
/// under two other names.
fn looks_ahead(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-moz"].iter().flat_map(|name| headers.get_all(*name)).any(|value| {
        let value = String::from_utf8_lossy(value.as_bytes()).to_lowercase();
        ["prefetch", "prerender", "preview"].iter().any(|word| value.contains(word))
    })
}

/// Whether the answer is wanted for anything but a tab or window of its own.
fn is_embedded(headers: &HeaderMap) -> bool {
    let says_other = |name: &str, wanted: &str| headers.get_all(name).iter().any(|value| value != wanted);
    says_other("sec-fetch-mode", "navigate") || (says_other("sec-fetch-dest", "document") && !is_passed_on(headers))
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
            assert!(is_embedded(&headers(&[("sec-fetch-dest", "empty"), ("sec-fetch-mode", mode)])), "{mode}: `fetch`");
        }
    }

    #[test]
    fn what_a_service_worker_passes_on_is_told_from_what_a_page_fetches() {
        let passed_on = [("sec-fetch-dest", "empty"), ("sec-fetch-mode", "navigate")];
        assert!(is_passed_on(&headers(&passed_on)) && !is_embedded(&headers(&passed_on)));
        for other in [
            vec![],
            vec![passed_on[0]],
            vec![passed_on[1]],
            vec![("sec-fetch-dest", "document"), passed_on[1]],
            vec![("sec-fetch-dest", "iframe"), passed_on[1]],
        ] {
            assert!(!is_passed_on(&headers(&other)), "{other:?}");
        }
        let mut twice = headers(&passed_on);
        twice.append("sec-fetch-mode", HeaderValue::from_static("cors"));
        assert!(!is_passed_on(&twice) && is_embedded(&twice));
    }
}
