//! What every layer of this crate answers when it refuses a request.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// A refused request: a status, a line of text, and what else the answer has to say.
///
/// As a response it also carries itself in the response's extensions. A layer around all others, which knows
/// who is asking, finds it there and can tell the same as a page or as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    text: &'static str,
    retry_after: Option<u32>,
    allowed: Option<&'static str>,
}

impl Refusal {
    /// A refusal with this status, told in one line of text.
    #[must_use]
    pub const fn new(status: StatusCode, text: &'static str) -> Self {
        Self { status, text, retry_after: None, allowed: None }
    }

    /// The same, with the seconds after which another attempt makes sense.
    #[must_use]
    pub const fn with_retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The same, with the methods that are allowed, as in the `Allow` header.
    #[must_use]
    pub const fn with_allowed(self, methods: &'static str) -> Self {
        Self { allowed: Some(methods), ..self }
    }

    /// The answer's status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The line of text.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// Seconds after which another attempt makes sense, if one does.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u32> {
        self.retry_after
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response =
            (self.status, [(header::CACHE_CONTROL, "no-store")], [self.text, "\n"].concat()).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(methods) = self.allowed {
            headers.insert(header::ALLOW, HeaderValue::from_static(methods));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_refusal_says_everything_in_its_response_and_carries_itself() {
        let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Not so.").with_allowed("GET").with_retry_after(7);
        let response = refusal.clone().into_response();
        assert_eq!(response.status(), 405);
        let headers = ["allow", "retry-after", "cache-control"].map(|name| response.headers()[name].to_str().unwrap());
        assert_eq!(headers, ["GET", "7", "no-store"]);
        assert_eq!(response.extensions().get(), Some(&refusal));
        assert_eq!(axum::body::to_bytes(response.into_body(), 100).await.unwrap(), "Not so.\n");
    }
}
