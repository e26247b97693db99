//! How pages, and the addresses whose `GET` does something, may be asked for. Pages: with `GET` and `HEAD`.
//! What does something, such as the two ends of a sign-in, works for a person who navigates there and for
//! nothing else: not for a frame or an image, not for a browser that looks ahead, not for `HEAD`.
//!
//! By headers that browsers set and pages can't (Fetch Metadata; `Sec-Purpose`, Fetch §3.9). Where they are
//! missing the request passes: older browsers, and programs. Other sites may link here. Not here: where other
//! requests come from ([`cross_site`](crate::cross_site)).

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method, StatusCode},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::Refusal;

/// Which routes are which, by the router's patterns.
///
/// There is no default: nobody else knows which `GET` does something.
///
/// ```compile_fail
/// use axum::{Router, middleware::from_fn};
/// use axum_hardening::navigation::require_navigation;
///
/// let _: Router = Router::new().layer(from_fn(require_navigation));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Navigation {
    /// Whether a route is a page.
    pub is_page: fn(&str) -> bool,
    /// The routes whose `GET` does something.
    pub acting: &'static [&'static str],
}

/// Refuses other methods on pages, and on routes that do something whatever is not a person's navigation,
/// before anything is looked at, set or used up. On routes: it needs the pattern that was matched.
pub async fn require_navigation(
    State(rule): State<Navigation>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let path = path.as_ref().map_or("", MatchedPath::as_str);
    let is_acting = rule.acting.contains(&path);
    let refusal = if (rule.is_page)(path) && !matches!(*request.method(), Method::GET | Method::HEAD) {
        Some(not_this_method(if is_acting { "GET" } else { "GET,HEAD" }))
    } else if is_acting {
        refusal(request.method(), request.headers())
    } else {
        None
    };
    let Some(refusal) = refusal else { return next.run(request).await };
    tracing::info!(path, status = refusal.status().as_u16(), "a page was asked for in a way that it can't be");
    refusal.into_response()
}

const fn not_this_method(allowed: &'static str) -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "This can't be asked for with this method.").with_allowed(allowed)
}

/// Why a request for what does something is refused: it is not a person's navigation.
#[must_use]
pub fn refusal(method: &Method, headers: &HeaderMap) -> Option<Refusal> {
    if *method == Method::HEAD {
        Some(not_this_method("GET"))
    } else if looks_ahead(headers) || is_embedded(headers) {
        Some(Refusal::new(StatusCode::FORBIDDEN, "This opens in a tab or window of its own only."))
    } else {
        None
    }
}

/// Whether the browser itself says that a page of this site led here; of no use for what a service worker has
/// passed on.
#[must_use]
pub fn comes_from_here(headers: &HeaderMap) -> bool {
    is_only(headers, "sec-fetch-site", "same-origin")
}

/// Whether a service worker of this site passes a navigation on (`fetch(event.request)`): it keeps its mode
/// and loses its destination. No page can ask for that mode, and no other site's frame has a service worker
/// of ours. What `Sec-Fetch-Site` says then is not what every browser's person did: it may be the worker's
/// own site.
#[must_use]
pub fn is_passed_on(headers: &HeaderMap) -> bool {
    is_only(headers, "sec-fetch-dest", "empty") && is_only(headers, "sec-fetch-mode", "navigate")
}

fn is_only(headers: &HeaderMap, name: &str, wanted: &str) -> bool {
    let mut values = headers.get_all(name).iter();
    values.next().is_some_and(|value| value == wanted) && values.next().is_none()
}

/// Whether the browser, not the person, asks: `prefetch`, with or without `prerender`; in older browsers
/// under two other names.
#[must_use]
pub fn looks_ahead(headers: &HeaderMap) -> bool {
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
    use axum::http::HeaderValue;

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
