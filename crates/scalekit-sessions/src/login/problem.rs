//! Why a sign-in came to nothing, as far as the person needs to know. What exactly was wrong is in the log.

use scalekit::{CallbackError, CallbackQuery, ProviderErrorCode};

/// Why there is no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginProblem {
    /// The browser has not begun this sign-in, it took too long, or its answer was used before.
    NoAttempt,
    /// The answer is not one of the provider's.
    Malformed,
    /// The person cancelled.
    Cancelled,
    /// The provider does not let this person in.
    NotAllowed,
    /// The provider knows no such organization or connection.
    OrganizationNotFound,
    /// Nobody is signed in at the provider, and it was not to ask.
    LoginRequired,
    /// The provider reports another error.
    Provider,
    /// The provider does not take the code: it was used or is too old, or the session was ended meanwhile.
    CodeRefused,
    /// What the provider gave for the code breaks a rule.
    TokensRefused,
    /// The provider does not know this application as it is configured.
    Misconfigured,
    /// Another site began a sign-in to another account or organization than the browser is signed in to.
    AnotherAccount,
    /// The provider or the store can't be reached. The same answer may be tried again if its cookie is still
    /// there.
    Unavailable,
}

impl LoginProblem {
    /// One word for the metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::NoAttempt => "no_attempt",
            Self::Malformed => "malformed",
            Self::Cancelled => "cancelled",
            Self::NotAllowed => "not_allowed",
            Self::OrganizationNotFound => "organization_not_found",
            Self::LoginRequired => "login_required",
            Self::Provider => "provider",
            Self::CodeRefused => "code_refused",
            Self::TokensRefused => "tokens_refused",
            Self::Misconfigured => "misconfigured",
            Self::AnotherAccount => "another_account",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What an error of the provider means for the person, wherever it was told.
impl From<&ProviderErrorCode> for LoginProblem {
    fn from(code: &ProviderErrorCode) -> Self {
        match code {
            ProviderErrorCode::AccessDenied => Self::Cancelled,
            ProviderErrorCode::LoginRequired => Self::LoginRequired,
            ProviderErrorCode::OrganizationOrConnection => Self::OrganizationNotFound,
            ProviderErrorCode::NotAllowed => Self::NotAllowed,
            ProviderErrorCode::Configuration => Self::Misconfigured,
            _ => Self::Provider,
        }
    }
}

/// An answer without `state` belongs to no attempt, and anybody may have made it up. The provider sends such
/// ones too, where the request itself was wrong or an identity provider began it; so the group of the error
/// is named, which changes nothing.
pub(super) fn of_an_answer_without_state(query: &CallbackQuery) -> LoginProblem {
    let Some(error) = query.error() else {
        tracing::info!(outcome = "no state", "sign-in refused");
        return LoginProblem::Malformed;
    };
    tracing::info!(outcome = "no state", %error, "sign-in refused");
    LoginProblem::from(&error.code)
}

pub(super) fn of_callback(error: &CallbackError) -> LoginProblem {
    tracing::info!(outcome = %error, "sign-in refused");
    match error {
        CallbackError::Provider(refusal) => LoginProblem::from(&refusal.code),
        CallbackError::StateMismatch => LoginProblem::NoAttempt,
        _ => LoginProblem::Malformed,
    }
}

pub(super) fn of_exchange(error: &scalekit::Error) -> LoginProblem {
    tracing::warn!(cause = error as &dyn std::error::Error, "a sign-in could not be completed");
    match error {
        scalekit::Error::Ended { .. } => LoginProblem::CodeRefused,
        scalekit::Error::Refused(_) => LoginProblem::TokensRefused,
        scalekit::Error::Misconfigured { .. } => LoginProblem::Misconfigured,
        scalekit::Error::Unavailable { .. } => LoginProblem::Unavailable,
    }
}
