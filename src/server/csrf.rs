//! Refuses requests that another site makes in the visitor's name.
//!
//! By the headers that browsers set and pages can't: `Sec-Fetch-Site`, else `Origin`; both where a service
//! worker passes a form on. No token that could go stale. Safe methods pass, since no `GET` changes anything
//! but the two of sign-in, which have rules of their own (`navigation`). No header ever allows another origin
//! to read an answer or to send what a form can't. Not here: notifications of the provider, which come
//! without cookies and are signed.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use url::Url;

use super::{navigation, state::AppState};
use crate::error::AppError;

/// Answers 403 to a changing request that does not come from this site's own pages, and 415 to one that calls
/// a server function in another encoding than they use.
pub async fn refuse_cross_site_requests(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let Some((status, reason)) = refusal(&request, &state.settings.app_url) else { return next.run(request).await };
    tracing::warn!(reason, "a request was refused");
    (status, AppError::Invalid).into_response()
}

/// The status and the reason for what this site's pages did not send.
pub(super) fn refusal(request: &Request, app_url: &Url) -> Option<(StatusCode, &'static str)> {
    if is_safe(request.method()) {
        None
    } else if !comes_from_this_site(request.headers(), app_url) {
        Some((StatusCode::FORBIDDEN, "a cross-site request was refused"))
    } else if request.uri().path().starts_with("/api/") && !is_form(request.headers()) {
        Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "a server function was called in an encoding that it does not take"))
    } else {
        None
    }
}

fn is_empty(headers: &HeaderMap) -> bool {
    let says_nothing = headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
    says_nothing && !headers.contains_key(header::TRANSFER_ENCODING)
}

/// Whether the body is what forms and hydrated pages send: one type, with or without parameters; or nothing,
/// which has none.
fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return !headers.contains_key(header::CONTENT_TYPE) && is_empty(headers);
    };
    let name = only.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    name.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn comes_from_this_site(headers: &HeaderMap, app_url: &Url) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        if site != "same-origin" && site != "none" {
            return false;
        }
        // A form that another site posts may carry the site of our own service worker, but never our origin.
        if !navigation::is_passed_on(headers) {
            return true;
        }
    }
    match headers.get(header::ORIGIN) {
        Some(origin) => *origin == *app_url.origin().ascii_serialization(),
        // No browser of today leaves both out of such a request; programs without cookies carry nobody's
        // authority.
        None => !headers.contains_key(header::COOKIE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_take_one_encoding() {
        let is_form = |text: &[&'static str]| {
            let lines = text.iter().map(|text| (header::CONTENT_TYPE, axum::http::HeaderValue::from_static(text)));
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(name, value);
            }
            super::is_form(&headers)
        };
        assert!(is_form(&["application/x-www-form-urlencoded"]));
        assert!(is_form(&["Application/X-WWW-Form-Urlencoded; charset=UTF-8"]));
        for other in [
            "",
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/json",
            "application/x-www-form-urlencodedx",
        ] {
            assert!(!is_form(&[other]), "{other}");
        }
        assert!(!is_form(&["application/x-www-form-urlencoded", "text/plain"]));
        assert!(is_form(&[]), "nothing is in no encoding");
        let with =
            |name, value| super::is_form(&HeaderMap::from_iter([(name, axum::http::HeaderValue::from_static(value))]));
        assert!(with(header::CONTENT_LENGTH, "0"));
        assert!(!with(header::CONTENT_LENGTH, "4") && !with(header::TRANSFER_ENCODING, "chunked"));
    }

    fn passes(headers: &[(&str, &str)]) -> bool {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap()))
            .collect();
        comes_from_this_site(&headers, &Url::parse("https://app.example.com").unwrap())
    }

    #[test]
    fn only_this_sites_own_pages_pass() {
        assert!(passes(&[("sec-fetch-site", "same-origin")]));
        assert!(passes(&[("sec-fetch-site", "none")]));
        assert!(passes(&[("origin", "https://app.example.com"), ("cookie", "a=b")]));
        for site in ["cross-site", "same-site", "nonsense"] {
            assert!(!passes(&[("sec-fetch-site", site), ("origin", "https://app.example.com")]), "{site}");
        }
        for origin in [
            "null",
            "https://evil.example",
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com.evil.example",
        ] {
            assert!(!passes(&[("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn a_form_that_our_service_worker_passes_on_needs_our_origin_too() {
        let passed_on = |site, origin| {
            let line = ("origin", origin);
            let lines = [("sec-fetch-site", site), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "empty"), line];
            passes(&[&lines[..], &[("cookie", "session=x")]].concat())
        };
        assert!(passed_on("same-origin", "https://app.example.com"));
        for origin in ["https://evil.example", "null", ""] {
            assert!(!passed_on("same-origin", origin), "{origin}");
        }
        assert!(!passed_on("cross-site", "https://app.example.com"));
    }

    #[test]
    fn without_either_header_only_requests_without_cookies_pass() {
        assert!(passes(&[]));
        assert!(!passes(&[("cookie", "session=x")]));
    }
}
