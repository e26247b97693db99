//! Refuses requests that another site makes in the visitor's name.
//!
//! By the headers that browsers set and pages can't: `Sec-Fetch-Site`, else `Origin`. No token that could go stale.
//! Safe methods pass, since no `GET` changes anything.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use url::Url;

use super::{
    problem::{self, Asker},
    state::AppState,
};
use crate::error::AppError;

/// Answers 403 to a changing request that does not come from this site's own pages.
pub async fn refuse_cross_site_requests(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    if is_safe(request.method()) || comes_from_this_site(request.headers(), &state.settings.app_url) {
        return next.run(request).await;
    }
    tracing::warn!(path = request.uri().path(), "cross-site request refused");
    let asker = Asker::of(request.method(), request.uri(), request.headers());
    problem::respond_with_status(&state, &AppError::Invalid, StatusCode::FORBIDDEN, &asker)
}

const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn comes_from_this_site(headers: &HeaderMap, app_url: &Url) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match headers.get(header::ORIGIN) {
        Some(origin) => *origin == *app_url.origin().ascii_serialization(),
        // No browser of today leaves both out of such a request; programs without cookies carry nobody's authority.
        None => !headers.contains_key(header::COOKIE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn without_either_header_only_requests_without_cookies_pass() {
        assert!(passes(&[]));
        assert!(!passes(&[("cookie", "session=x")]));
    }
}
