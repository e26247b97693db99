//! What can go wrong between us and the management API, sorted by what the caller should do about it.
//!
//! Not here: what is missing (404); that is an answer. No text here holds a token, a secret or a person's
//! data.

use std::time::Duration;

use crate::error::{Error, UnavailableReason};
use crate::provider_text::ProviderText;
use crate::tokens::{ErrorBody, waiting_time};

/// The outcome of a call of the management API that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManagementError {
    /// An identifier that none can be: empty, `.`, `..` or longer than 255 bytes. Nothing was sent.
    #[error("the identifier can't be one")]
    InvalidId,
    /// The application may not call the API (403), or is given no token for it
    /// ([`Error::is_grant_not_allowed`]): "Allow Scalekit Management API Access" is off for it in the
    /// dashboard.
    #[error("the application may not call the management API")]
    Forbidden {
        /// What Scalekit said, for the log.
        description: Option<ProviderText>,
    },
    /// Scalekit does not accept the application's credentials, or not the token it has just given out.
    /// Repeating won't help; an operator has to look.
    #[error("Scalekit refuses this application's request ({code})")]
    Misconfigured {
        /// The error code, `invalid_client` for example; `http_401` when there was none.
        code: String,
        /// What Scalekit said, for the log.
        description: Option<ProviderText>,
    },
    /// This very request is refused, not the application: an identifier of the wrong form, for example.
    #[error("Scalekit refuses the request ({code})")]
    Rejected {
        /// The error code, `http_` and the status when there was none.
        code: String,
        /// What Scalekit said, for the log.
        description: Option<ProviderText>,
    },
    /// No usable answer. A revocation may have happened all the same; repeating it is harmless.
    #[error("Scalekit is unavailable: {reason}")]
    Unavailable {
        /// Why.
        reason: UnavailableReason,
        /// The earliest useful time for another try, if Scalekit named one; at most 5 minutes.
        retry_after: Option<Duration>,
    },
    /// A success that is not what the API is documented to answer.
    #[error("the answer can't be read: {0}")]
    Unreadable(&'static str),
}

/// What an answer means that is neither 200 nor 404 (REST reference, "Errors").
pub(super) fn read(status: u16, retry_after: Option<&str>, body: &[u8], now: i64) -> ManagementError {
    let retry_after = retry_after.and_then(|value| waiting_time(value, now));
    let unavailable = |reason| ManagementError::Unavailable { reason, retry_after };
    let body = ErrorBody::read(body);
    let (code, description) = (body.code(), body.description());
    match (status, code.as_deref()) {
        (300..=399, _) => unavailable(UnavailableReason::Redirect(status)),
        (429, _) | (400..=499, Some("rate_limited" | "resource_exhausted")) => {
            unavailable(UnavailableReason::RateLimited)
        }
        (401, _) => ManagementError::Misconfigured { code: code.unwrap_or_else(|| "http_401".to_owned()), description },
        (403, _) => ManagementError::Forbidden { description },
        (408 | 425, _) => unavailable(UnavailableReason::Status(status)),
        (400..=499, _) => {
            ManagementError::Rejected { code: code.unwrap_or_else(|| format!("http_{status}")), description }
        }
        _ => unavailable(UnavailableReason::Status(status)),
    }
}

/// Of sending, and of the token request before it.
impl From<Error> for ManagementError {
    fn from(error: Error) -> Self {
        let is_not_allowed = error.is_grant_not_allowed();
        match error {
            Error::Misconfigured { description, .. } if is_not_allowed => Self::Forbidden { description },
            Error::Misconfigured { code, description } => Self::Misconfigured { code, description },
            // There is no grant that could end: the client credentials are the grant.
            Error::Ended { description } => Self::Misconfigured { code: "invalid_grant".to_owned(), description },
            Error::Unavailable { reason, retry_after } => Self::Unavailable { reason, retry_after },
            // No token is verified here: for us this one is opaque.
            Error::Refused(_) => Self::Unreadable("a token was refused"),
        }
    }
}
