//! Where a plain form's answer leads if the server function names no page: back to where the form was, on this site only.
//!
//! Leptos redirects such a form to whatever the `Referer` header says. So the header is replaced by what was checked, or
//! taken away, before Leptos sees it. Not here: what `return_to` parameters may say, which is [`super::return_to`].

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use url::Url;

use super::state::AppState;

/// Keeps the `Referer` of a server function's request if it is a page of this site.
pub async fn keep_own_referer(State(state): State<Arc<AppState>>, mut request: Request, next: Next) -> Response {
    let own = own_referer(request.headers(), &state.settings.app_url);
    request.headers_mut().remove(header::REFERER);
    if let Some(own) = own {
        request.headers_mut().insert(header::REFERER, own);
    }
    next.run(request).await
}

/// The referring page, spelled as the parser understood it: no other reader can understand it differently.
fn own_referer(headers: &HeaderMap, app_url: &Url) -> Option<HeaderValue> {
    let mut sent = headers.get_all(header::REFERER).iter();
    let (Some(only), None) = (sent.next(), sent.next()) else { return None };
    let mut page = Url::parse(only.to_str().ok()?).ok()?;
    if page.origin() != app_url.origin() || !page.username().is_empty() || page.password().is_some() {
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
        let app_url = Url::parse("https://app.example.com").unwrap();
        own_referer(&headers, &app_url).map(|value| value.to_str().unwrap().to_owned())
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
