//! Refuses requests that another site makes in the visitor's name.
//!
//! By the headers that browsers set and pages can't: `Sec-Fetch-Site`, else `Origin`; both where a service
//! worker passes a form on. No token that could go stale. Safe methods pass, so no `GET` may change anything;
//! those that do need [`navigation`]. No header ever allows another origin to read an answer or to send what
//! a form can't. Not for what comes without cookies and is signed, such as webhooks.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use url::Url;

use crate::{Refusal, navigation};

/// Whose pages may change something, and in what encoding.
///
/// There is no default: without the site's address every page is another's.
///
/// ```compile_fail
/// use axum::{Router, middleware::from_fn};
/// use axum_hardening::cross_site::refuse_cross_site_requests;
///
/// let _: Router = Router::new().layer(from_fn(refuse_cross_site_requests));
/// ```
#[derive(Debug, Clone)]
pub struct CrossSite {
    /// The site's public address.
    pub site: Arc<Url>,
    /// Below this path, requests take the encoding of forms and no other: one that a page elsewhere can't
    /// send without being asked for (`text/plain` is another). With `/`, everywhere.
    pub forms_below: &'static str,
}

impl CrossSite {
    /// Why this request is refused: 403 if it changes something and does not come from this site's own pages,
    /// 415 if it comes in another encoding than they use.
    #[must_use]
    pub fn refusal(&self, request: &Request) -> Option<Refusal> {
        if is_safe(request.method()) {
            None
        } else if !comes_from_this_site(request.headers(), &self.site) {
            Some(Refusal::new(StatusCode::FORBIDDEN, "A cross-site request is refused."))
        } else if request.uri().path().starts_with(self.forms_below) && !is_form(request.headers()) {
            Some(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Only the encoding of forms is taken here."))
        } else {
            None
        }
    }
}

/// Refuses what this site's pages did not send ([`CrossSite::refusal`]).
pub async fn refuse_cross_site_requests(State(rule): State<CrossSite>, request: Request, next: Next) -> Response {
    let Some(refusal) = rule.refusal(&request) else { return next.run(request).await };
    tracing::warn!(reason = refusal.text(), "a request was refused");
    refusal.into_response()
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

fn comes_from_this_site(headers: &HeaderMap, site: &Url) -> bool {
    if let Some(from) = headers.get("sec-fetch-site") {
        if from != "same-origin" && from != "none" {
            return false;
        }
        // A form that another site posts may carry the site of our own service worker, but never our origin.
        if !navigation::is_passed_on(headers) {
            return true;
        }
    }
    match headers.get(header::ORIGIN) {
        Some(origin) => *origin == *site.origin().ascii_serialization(),
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
