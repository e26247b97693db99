//! The second step of a sign-in: judges what the browser brings back to the callback URL. Pure.
//!
//! Not here: the cookie that holds the [`PendingLogin`], and the exchange of the code. Called by the
//! application's callback. The order matters: nothing from the query is believed, an error message included,
//! before `state` has shown that this browser began this attempt.

mod provider_error;
mod query;

use std::fmt;

use aws_lc_rs::constant_time;

pub use provider_error::{ProviderError, ProviderErrorCode};

use crate::authorize::PendingLogin;
use crate::config::Config;

/// A well-formed callback query; not yet known to belong to any attempt.
pub struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    issuer: Option<String>,
    error: Option<ProviderError>,
}

/// An authorization code whose callback passed every check: the only thing [`crate::Client::exchange`] takes.
///
/// Can't be cloned or serialized: a code is exchanged once, here and now.
pub struct AuthorizationCode {
    pub(crate) code: String,
    pub(crate) redirect_uri: String,
    pub(crate) verifier: String,
    pub(crate) nonce: String,
}

/// Why a callback is not the end of a login this browser began.
///
/// The display texts repeat nothing from the query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// The query has more than 8 KiB, or a value more than 2 KiB.
    #[error("the query is too long")]
    TooLong,
    /// A broken percent escape, or text that is not UTF-8.
    #[error("the query is not properly encoded")]
    Encoding,
    /// A parameter occurs twice (forbidden by RFC 6749, section 3.1): two readers could see two different
    /// values.
    #[error("the parameter `{0}` occurs twice")]
    Repeated(&'static str),
    /// A parameter has characters it can't have (RFC 6749, appendix A).
    #[error("the parameter `{0}` has characters it can't have")]
    Characters(&'static str),
    /// Success and failure at once.
    #[error("both a code and an error were sent")]
    CodeWithError,
    /// No `state`: nobody can tell which attempt this belongs to.
    #[error("there is no state")]
    StateMissing,
    /// Another attempt's `state`, or a forged one.
    #[error("the state is another one")]
    StateMismatch,
    /// `iss` names another authorization server (RFC 9207, section 2.4).
    #[error("the issuer is another one")]
    IssuerMismatch,
    /// Neither a code nor an error.
    #[error("there is no code")]
    CodeMissing,
    /// Scalekit says that the login did not succeed.
    #[error("the login did not succeed: {0}")]
    Provider(ProviderError),
}

impl CallbackQuery {
    /// Reads a raw query: what follows the `?`, still encoded. Unknown parameters are ignored, empty ones
    /// count as absent (RFC 6749, section 3.1).
    ///
    /// # Errors
    ///
    /// [`CallbackError::TooLong`], [`Encoding`](CallbackError::Encoding),
    /// [`Repeated`](CallbackError::Repeated), [`Characters`](CallbackError::Characters) and
    /// [`CodeWithError`](CallbackError::CodeWithError). The description of an error is cut where it is too
    /// long, and kept as far as it can be read.
    pub fn parse(raw_query: &str) -> Result<Self, CallbackError> {
        let query::Parameters { values: [state, code, issuer, error, description, _], prose } =
            query::read(raw_query, &KNOWN)?;
        if error.is_none() {
            // A description of nothing comes from nobody that we know.
            prose?;
        }
        if code.is_some() && error.is_some() {
            return Err(CallbackError::CodeWithError);
        }
        for (name, value) in [("state", &state), ("code", &code), ("iss", &issuer), ("error", &error)] {
            if value.as_ref().is_some_and(|value| !value.bytes().all(|byte| matches!(byte, 0x20..=0x7E))) {
                return Err(CallbackError::Characters(name));
            }
        }
        Ok(Self { state, code, issuer, error: error.map(|code| ProviderError::new(&code, description.as_deref())) })
    }

    /// The `state` as received, to find the attempt's cookie. Proves nothing by itself.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The error as received, for a log and for a page that says no more than its group. Proves nothing by
    /// itself: not even that it comes from Scalekit.
    #[must_use]
    pub fn error(&self) -> Option<&ProviderError> {
        self.error.as_ref()
    }

    /// Checks that this callback ends the attempt `pending`, and takes the code out.
    ///
    /// Both are used up: an attempt ends here, whichever way.
    ///
    /// # Errors
    ///
    /// [`StateMissing`](CallbackError::StateMissing), [`StateMismatch`](CallbackError::StateMismatch),
    /// [`IssuerMismatch`](CallbackError::IssuerMismatch), then [`Provider`](CallbackError::Provider) or
    /// [`CodeMissing`](CallbackError::CodeMissing).
    pub fn into_code(self, pending: PendingLogin, config: &Config) -> Result<AuthorizationCode, CallbackError> {
        let state = self.state.ok_or(CallbackError::StateMissing)?;
        constant_time::verify_slices_are_equal(state.as_bytes(), pending.state().as_bytes())
            .map_err(|_| CallbackError::StateMismatch)?;
        if self.issuer.is_some_and(|issuer| !config.issuers().contains(&issuer)) {
            return Err(CallbackError::IssuerMismatch);
        }
        if let Some(error) = self.error {
            return Err(CallbackError::Provider(error));
        }
        let code = self.code.ok_or(CallbackError::CodeMissing)?;
        let (redirect_uri, verifier, nonce) = pending.into_exchange_parts();
        Ok(AuthorizationCode { code, redirect_uri, verifier, nonce })
    }
}

const KNOWN: [&str; 6] = ["state", "code", "iss", "error", "error_description", "error_uri"];

impl fmt::Debug for CallbackQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackQuery").field("error", &self.error).finish_non_exhaustive()
    }
}

impl fmt::Debug for AuthorizationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationCode").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
