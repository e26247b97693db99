//! What a browser may be told of errors: a closed set, each with its HTTP status, a sentence and a next step.
//!
//! Causes are not here: they are logged where they are handled, on the server, and never travel. Every server
//! function returns [`AppError`]; pages turn it into an explanation with [`AppError::title`] and
//! [`AppError::explanation`].

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};

/// Seconds after which another attempt makes sense when the server was out of reach.
pub const RETRY_SECONDS: u32 = 5;

/// The application's one error type towards the browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppError {
    /// Nobody is signed in, or the session has ended.
    Unauthenticated,
    /// Somebody is signed in who lacks the named permission.
    Forbidden {
        permission: String,
    },
    /// A sign-in could not be completed.
    SignIn {
        problem: SignInProblem,
        /// Where the person wanted to go, if the attempt was found: the next one leads there.
        return_to: Option<String>,
    },
    Invalid,
    /// There is nothing at this address.
    NotFound,
    /// Something that the application needs is out of reach for now; trying again later helps.
    Unavailable {
        /// Seconds after which another attempt makes sense.
        retry_after: u32,
    },
    /// More requests than are allowed came from the visitor's network, or from everybody together.
    TooManyRequests {
        /// Seconds after which another attempt makes sense.
        retry_after: u32,
    },
    /// A fault of the application's own.
    Internal,
}

/// Why a sign-in ended without a session. Each is explained on the callback's error page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignInProblem {
    /// The answer fits no sign-in under way in this browser: foreign, replayed, expired, or cookies are off.
    NoAttempt,
    /// The answer itself is not one that the provider sends: doubled, oversized or missing parameters.
    Malformed,
    /// The person cancelled, or the provider denied access.
    Cancelled,
    /// The provider sent somebody here and refuses them: an invitation that has expired, for example.
    LinkRefused,
    /// The provider does not let this person in (deactivated, or not allowed in the organization).
    NotAllowed,
    /// The organization, connection or domain that was asked for does not exist or has no active connection.
    OrganizationNotFound,
    /// Silent sign-in was asked for and the person has to sign in themselves.
    LoginRequired,
    /// The provider reported a fault of its own, or of the identity provider behind it.
    Provider,
    /// The authorization code was spent or has expired.
    CodeRefused,
    /// The provider's tokens did not pass verification.
    TokensRefused,
    /// The provider refuses this application's credentials or redirect URL.
    Misconfigured,
    /// Another site started it, and the browser is signed in as somebody else or to another organization.
    AnotherAccount,
    /// The provider or the session store could not be reached in time.
    Unavailable,
}

impl AppError {
    /// Seconds after which another attempt makes sense, if one does.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::TooManyRequests { retry_after } | Self::Unavailable { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// The HTTP status that goes with this outcome.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Unauthenticated => 401,
            Self::Forbidden { .. } => 403,
            Self::Invalid => 400,
            Self::NotFound => 404,
            Self::TooManyRequests { .. } => 429,
            Self::Unavailable { .. } => 503,
            Self::Internal => 500,
            Self::SignIn { problem, .. } => problem.status(),
        }
    }

    #[must_use]
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "You are signed out",
            Self::Forbidden { .. } => "You don't have access to this",
            Self::Invalid => "That request can't be read",
            Self::NotFound => "There is no page here",
            Self::Unavailable { .. } => "Temporarily unavailable",
            Self::TooManyRequests { .. } => "Too many requests",
            Self::Internal => "Something failed on our side",
            Self::SignIn { problem, .. } => problem.title(),
        }
    }

    /// One or two sentences: what happened and what to do next.
    #[must_use]
    pub const fn explanation(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "Your session has ended or you have not signed in yet. Sign in to go on.",
            Self::Forbidden { .. } => {
                "Your role in this organization does not include the permission that this page needs. \
                 An administrator of your organization can grant it."
            }
            Self::Invalid => "The address or the form contains something that this application does not expect.",
            Self::NotFound => "The link may be old, or the address mistyped.",
            Self::Unavailable { .. } => {
                "A service that this page needs is not answering. Nothing is lost; try again in a moment."
            }
            Self::TooManyRequests { .. } => {
                "More was asked for from your network than we answer at once. Nothing is lost; wait a moment and try again."
            }
            Self::Internal => "The fault has been recorded. Try again, and tell us if it stays.",
            Self::SignIn { problem, .. } => problem.explanation(),
        }
    }
}

impl SignInProblem {
    /// The HTTP status of the callback page that explains this problem.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::NoAttempt
            | Self::Malformed
            | Self::Cancelled
            | Self::LinkRefused
            | Self::OrganizationNotFound
            | Self::LoginRequired
            | Self::Provider
            | Self::CodeRefused => 400,
            Self::NotAllowed => 403,
            Self::AnotherAccount => 409,
            // Not 500: nothing failed here, and anybody can send such an answer.
            Self::TokensRefused | Self::Misconfigured => 502,
            Self::Unavailable => 503,
        }
    }

    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::NoAttempt => "This sign-in can't be continued",
            Self::Malformed => "The sign-in answer can't be read",
            Self::Cancelled => "Sign-in was cancelled",
            Self::LinkRefused => "This link does not lead to a sign-in",
            Self::NotAllowed => "Your account can't sign in here",
            Self::OrganizationNotFound => "No sign-in method was found",
            Self::LoginRequired => "You need to sign in",
            Self::Provider => "The sign-in service reported a problem",
            Self::CodeRefused => "This sign-in has expired",
            Self::TokensRefused => "The sign-in could not be verified",
            Self::Misconfigured => "Sign-in is not set up correctly",
            Self::AnotherAccount => "You are signed in to another account",
            Self::Unavailable => "The sign-in service is not answering",
        }
    }

    /// One or two sentences: what happened and what to do next.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::NoAttempt => {
                "It was started too long ago, in another browser, or has been completed already. Start again; \
                 if this happens every time, allow cookies for this site."
            }
            Self::Malformed => "The address is incomplete or was changed on its way. Start the sign-in again.",
            Self::Cancelled => "Nothing has changed. You can start again whenever you like.",
            Self::LinkRefused => "It may have expired. Ask whoever sent it for a new one, or sign in as usual.",
            Self::NotAllowed => {
                "The account exists but is not active for this organization. Ask an administrator of your organization."
            }
            Self::OrganizationNotFound => {
                "There is no active connection for that organization or e-mail domain. Try another way to sign in."
            }
            Self::LoginRequired => "There is no running session at the sign-in service. Sign in to go on.",
            Self::Provider => "It could not complete your sign-in this time. Try again, or use another way to sign in.",
            Self::CodeRefused => "Its one-time code was used already or is too old. Start again.",
            Self::TokensRefused => {
                "The answer did not pass our checks, so you were not signed in. Start again; \
                 if this stays, tell the people who run this site."
            }
            Self::Misconfigured => {
                "The sign-in service does not accept this application's settings. \
                 The people who run this site need to correct them; the server log says what is wrong."
            }
            Self::AnotherAccount => {
                "Another site started a sign-in to a different account or organization. You are still signed in as before. \
                 To switch, sign in again from here."
            }
            Self::Unavailable => "Your sign-in was not completed and nothing has changed. Try again in a moment.",
        }
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.title())
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    /// Call faults: unreadable arguments are the caller's, an unreachable server passes, the rest is ours.
    fn from_server_fn_error(fault: ServerFnErrorErr) -> Self {
        match fault {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::Invalid
            }
            ServerFnErrorErr::Request(_) => Self::Unavailable { retry_after: RETRY_SECONDS },
            _ => Self::Internal,
        }
    }
}
