//! Response headers that protect every answer, and the nonce that ties scripts to their page.
//!
//! Which headers and which policy is the application's to say. Not here: headers that say something of the
//! content, which whoever makes the answer sets. What may be kept by caches says so itself; everything else
//! is kept by none.

use std::{
    fmt::{self, Display},
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The nonce of one answer, in the request's extensions.
#[derive(Debug, Clone)]
pub struct PageNonce<N>(pub N);

/// A nonce, for applications whose framework has none of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(Arc<str>);

impl Nonce {
    /// 128 bits of randomness in base64.
    ///
    /// # Panics
    /// If the system has no randomness: a nonce that can be guessed protects nobody.
    #[must_use]
    #[expect(clippy::expect_used, reason = "as its documentation says")]
    pub fn new() -> Self {
        let mut bytes = [0; 16];
        aws_lc_rs::rand::fill(&mut bytes).expect("the system has randomness");
        Self(STANDARD.encode(bytes).into())
    }
}

impl Default for Nonce {
    fn default() -> Self {
        Self::new()
    }
}

impl Display for Nonce {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A content security policy. `{nonce}` in its text stands for the nonce of the answer.
#[derive(Debug, Clone)]
pub struct ContentSecurityPolicy(Arc<str>);

impl ContentSecurityPolicy {
    /// The policy of this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// As a header of an answer with this nonce. A text that can't be one forbids everything instead of
    /// nothing.
    fn header(&self, nonce: &impl Display) -> HeaderValue {
        const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'");
        HeaderValue::from_str(&self.0.replace("{nonce}", &nonce.to_string())).unwrap_or(NOTHING)
    }
}

/// What every answer says.
///
/// There is no default: headers that are left out protect nobody.
///
/// ```compile_fail
/// use axum::{Router, middleware::from_fn};
/// use axum_hardening::headers::{Nonce, protect_answers};
///
/// let _: Router = Router::new().layer(from_fn(protect_answers::<Nonce>));
/// ```
#[derive(Debug, Clone)]
pub struct AnswerHeaders<N> {
    /// Headers that are the same on every answer, over whatever the answer had of them.
    pub fixed: Arc<[(HeaderName, HeaderValue)]>,
    /// What pages may load and run.
    pub policy: ContentSecurityPolicy,
    /// Makes the nonce of an answer, of the type that the application's framework wants.
    pub new_nonce: fn() -> N,
}

/// Gives the request a [`PageNonce`], and its answer the headers, the policy, and what keeps caches away.
pub async fn protect_answers<N: Display + Clone + Send + Sync + 'static>(
    State(headers): State<AnswerHeaders<N>>,
    mut request: Request,
    next: Next,
) -> Response {
    let nonce = (headers.new_nonce)();
    let policy = headers.policy.header(&nonce);
    request.extensions_mut().insert(PageNonce(nonce));
    let mut response = next.run(request).await;
    let answer = response.headers_mut();
    for (name, value) in headers.fixed.iter() {
        answer.insert(name, value.clone());
    }
    answer.insert(header::CONTENT_SECURITY_POLICY, policy);
    keep_from_caches(answer);
    response
}

/// Only what says so itself may be kept, such as files of the site. Everything else depends on who is asking.
/// Nothing in between may rewrite it either (`no-transform`, RFC 9111, section 5.2.2.6): scripts start on
/// what was rendered.
fn keep_from_caches(headers: &mut HeaderMap) {
    const NOT_AT_ALL: HeaderValue = HeaderValue::from_static("no-store, no-transform");
    if headers.get(header::CACHE_CONTROL).is_none_or(|caching| caching == "no-store") {
        headers.insert(header::CACHE_CONTROL, NOT_AT_ALL);
        headers.append(header::VARY, HeaderValue::from_static("Cookie"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_the_answers_nonce_and_one_that_is_no_header_forbids_everything() {
        let policy = ContentSecurityPolicy::new("script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'");
        assert_eq!(policy.header(&"abc"), "script-src 'nonce-abc'; style-src 'nonce-abc'");
        assert_eq!(ContentSecurityPolicy::new("img-src *\n").header(&"abc"), "default-src 'none'");
        assert_ne!(Nonce::new(), Nonce::new());
    }

    #[test]
    fn only_what_says_so_is_kept_by_caches() {
        let caching = |said: Option<&'static str>| {
            let said = said.map(|said| (header::CACHE_CONTROL, HeaderValue::from_static(said)));
            let mut headers = HeaderMap::from_iter(said);
            keep_from_caches(&mut headers);
            (headers[header::CACHE_CONTROL].clone(), headers.contains_key(header::VARY))
        };
        assert_eq!(caching(Some("no-cache")), (HeaderValue::from_static("no-cache"), false));
        for said in [None, Some("no-store")] {
            assert_eq!(caching(said), (HeaderValue::from_static("no-store, no-transform"), true));
        }
    }
}
