//! A `Referer` that can be believed: a page of this site, or nothing.
//!
//! Frameworks redirect a form without scripts to whatever the `Referer` header says (Leptos does). So the
//! header is replaced by what was checked, or taken away, before they see it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use url::Url;

/// Whose pages may be named.
#[derive(Debug, Clone)]
pub struct OwnReferer {
    /// The site's public address.
    pub site: Arc<Url>,
}

/// Keeps the `Referer` of a request if it is a page of this site.
pub async fn keep_own_referer(State(own): State<OwnReferer>, mut request: Request, next: Next) -> Response {
    let own = own_referer(request.headers(), &own.site);
    request.headers_mut().remove(header::REFERER);
    if let Some(own) = own {
        request.headers_mut().insert(header::REFERER, own);
    }
    next.run(request).await
}

/// The referring page, spelled as the parser understood it: no other reader can understand it differently.
fn own_referer(headers: &HeaderMap, site: &Url) -> Option<HeaderValue> {
    let mut sent = headers.get_all(header::REFERER).iter();
    let (Some(only), None) = (sent.next(), sent.next()) else { return None };
    let mut page = Url::parse(only.to_str().ok()?).ok()?;
    if page.origin() != site.origin() || !page.username().is_empty() || page.password().is_some() {
        return None;
    }
    page.set_fragment(None);
    HeaderValue::from_str(page.as_str()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(sent: &[&str]) -> Option<String> {
        let headers = sent.iter().map(|text| (header::REFERER, HeaderValue::from_str(text).unwrap())).collect();
        let site = Url::parse("https://app.example.com").unwrap();
        own_referer(&headers, &site).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_page_of_this_site_is_kept() {
        for own in ["https://app.example.com/dashboard?tab=a", "https://app.example.com/"] {
            assert_eq!(kept(&[own]).as_deref(), Some(own));
        }
        assert_eq!(kept(&["HTTPS://APP.example.com:443\\x"]).as_deref(), Some("https://app.example.com/x"));
    }

    #[test]
    fn everything_else_is_taken_away() {
        for other in [
            "https://evil.example/",
            "//evil.example/",
            "/dashboard",
            "http://app.example.com/",
            "https://app.example.com:8443/",
            "https://app.example.com.evil.example/",
            "https://app.example.com@evil.example/",
            "https://user:word@app.example.com/",
            "https://evil.example\\@app.example.com/",
            "javascript:alert(1)",
            "",
        ] {
            assert_eq!(kept(&[other]), None, "{other}");
        }
        assert_eq!(kept(&["https://app.example.com/", "https://evil.example/"]), None, "two say nothing");
    }
}
