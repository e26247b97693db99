//! Sorts the token endpoint's refusals into ended, misconfigured and unavailable.
//!
//! Two shapes are read: the standard's (`error`, `error_description`) and the gateway's (`code`, `message`,
//! `details`), which the official SDKs expect from this endpoint too. Only a clear `invalid_grant` ends a
//! session: everything doubtful must keep it.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, UnavailableReason};
use crate::members;
use crate::provider_text::{ProviderText, clean_code};

pub(super) fn read(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Error {
    let unavailable = |reason| Error::Unavailable { reason, retry_after };
    match status {
        300..=399 => return unavailable(UnavailableReason::Redirect(status)),
        429 => return unavailable(UnavailableReason::RateLimited),
        // Whatever the body of a 5xx says: a failing server is no witness against a session.
        400..=499 if status != 408 && status != 425 => {}
        _ => return unavailable(UnavailableReason::Status(status)),
    }

    let body = ErrorBody::read(body);
    let description = body.description();
    match body.code().as_deref() {
        Some("invalid_grant") => Error::Ended { description },
        Some("rate_limited" | "resource_exhausted" | "slow_down") => unavailable(UnavailableReason::RateLimited),
        Some(code @ ("server_error" | "internal")) => {
            unavailable(UnavailableReason::Failing { status, code: code.to_owned() })
        }
        Some("temporarily_unavailable" | "unavailable" | "deadline_exceeded") => {
            unavailable(UnavailableReason::Status(status))
        }
        Some(code) => Error::Misconfigured { code: code.to_owned(), description },
        None if status == 401 => Error::Misconfigured { code: "http_401".to_owned(), description },
        None => unavailable(UnavailableReason::Status(status)),
    }
}

/// An error as the token endpoint or the management API words it.
///
/// All members as plain values: an odd type in one of them must not hide the others.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ErrorBody {
    error: Value,
    error_description: Value,
    code: Value,
    message: Value,
    details: Value,
}

impl ErrorBody {
    /// What can't be read says nothing.
    pub(crate) fn read(body: &[u8]) -> Self {
        members::of_object(body).unwrap_or_default()
    }

    /// In lower case, without characters that codes don't have.
    pub(crate) fn code(&self) -> Option<String> {
        let detail = || self.details.as_array()?.iter().find_map(|detail| detail.get("error_code")?.as_str());
        let named = self.error.as_str().or_else(detail).or(self.code.as_str()).filter(|code| !code.is_empty());
        named
            .map(|code| clean_code(code).to_ascii_lowercase())
            .or_else(|| grpc_name(self.code.as_u64()?).map(str::to_owned))
    }

    pub(crate) fn description(&self) -> Option<ProviderText> {
        self.error_description.as_str().or(self.message.as_str()).and_then(ProviderText::clean)
    }
}

/// The gRPC status numbers the gateway uses (REST reference, "Errors").
fn grpc_name(number: u64) -> Option<&'static str> {
    Some(match number {
        3 => "invalid_argument",
        4 => "deadline_exceeded",
        5 => "not_found",
        6 => "already_exists",
        7 => "permission_denied",
        8 => "resource_exhausted",
        13 => "internal",
        14 => "unavailable",
        16 => "unauthenticated",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(status: u16, body: &str) -> Result<String, Error> {
        match read(status, None, body.as_bytes()) {
            Error::Misconfigured { code, .. } => Ok(code),
            other => Err(other),
        }
    }

    fn reason(status: u16, body: &str) -> Option<UnavailableReason> {
        match read(status, None, body.as_bytes()) {
            Error::Unavailable { reason, .. } => Some(reason),
            _ => None,
        }
    }

    #[test]
    fn invalid_grant_ends_the_grant() {
        let error = read(400, None, br#"{"error":"invalid_grant","error_description":"token was rotated"}"#);
        let Error::Ended { description: Some(description) } = error else { panic!("{error:?}") };
        assert_eq!(description.as_str(), "token was rotated");
        for body in [
            r#"{"code":"invalid_grant","message":"x"}"#,
            r#"{"code":3,"message":"x","details":[{},{"error_code":"INVALID_GRANT"}]}"#,
        ] {
            assert!(matches!(read(400, None, body.as_bytes()), Error::Ended { .. }), "{body}");
        }
    }

    #[test]
    fn refusals_of_the_application_are_misconfigured() {
        for name in [
            "invalid_client",
            "unauthorized_client",
            "unsupported_grant_type",
            "invalid_request",
            "invalid_scope",
            "invalid_redirect_uri",
        ] {
            assert_eq!(code(400, &format!(r#"{{"error":"{name}"}}"#)), Ok(name.to_owned()));
        }
        assert_eq!(code(401, "<html>"), Ok("http_401".to_owned()));
        assert_eq!(
            code(401, r#"{"code":16,"message":"Token empty","details":[{"error_code":"UNAUTHENTICATED"}]}"#),
            Ok("unauthenticated".to_owned())
        );
        assert_eq!(code(400, r#"{"code":3,"message":"bad"}"#), Ok("invalid_argument".to_owned()));
    }

    #[test]
    fn a_failing_server_never_ends_a_session_whatever_it_says() {
        for status in [408, 425, 500, 502, 503, 504, 599] {
            assert_eq!(reason(status, r#"{"error":"invalid_grant"}"#), Some(UnavailableReason::Status(status)));
        }
        assert_eq!(reason(429, r#"{"error":"invalid_grant"}"#), Some(UnavailableReason::RateLimited));
        assert_eq!(reason(302, r#"{"error":"invalid_grant"}"#), Some(UnavailableReason::Redirect(302)));
    }

    #[test]
    fn faults_of_scalekits_own_keep_their_code() {
        let failing = |code: &str| Some(UnavailableReason::Failing { status: 400, code: code.to_owned() });
        assert_eq!(reason(400, r#"{"error":"server_error"}"#), failing("server_error"));
        assert_eq!(reason(400, r#"{"code":13,"message":"x"}"#), failing("internal"));
        assert_eq!(reason(503, r#"{"error":"server_error"}"#), Some(UnavailableReason::Status(503)));
        let refusal = |status, body: &str| read(status, None, body.as_bytes()).refusal().map(str::to_owned);
        assert_eq!(refusal(400, r#"{"error":"server_error"}"#).as_deref(), Some("server_error"));
        assert_eq!(refusal(400, r#"{"error":"unauthorized_client"}"#).as_deref(), Some("unauthorized_client"));
        assert_eq!(refusal(400, r#"{"error":"temporarily_unavailable"}"#), None);
        assert_eq!(refusal(401, r#"{"error":"invalid_client"}"#), None);
        assert_eq!(refusal(403, "<html>"), None);
    }

    #[test]
    fn unclear_answers_are_unavailable() {
        for (status, body) in [
            (400, ""),
            (403, "<html>"),
            (404, "{}"),
            (400, r#"{"error":""}"#),
            (400, r#"["invalid_grant"]"#),
            (204, ""),
            (100, ""),
        ] {
            assert_eq!(reason(status, body), Some(UnavailableReason::Status(status)), "{status} {body}");
        }
        assert_eq!(reason(400, r#"{"code":8}"#), Some(UnavailableReason::RateLimited));
    }

    #[test]
    fn an_echoed_token_shows_nowhere() {
        let body = format!(r#"{{"error":"invalid_grant","error_description":"no such token {}"}}"#, "f".repeat(40));
        let error = read(400, None, body.as_bytes());
        assert!(!format!("{error} {error:?}").contains("ffff"));
    }
}
