//! What can go wrong between us and Scalekit, sorted by what the caller should do about it.
//!
//! Not here: the errors of a callback ([`crate::callback::CallbackError`]) and of settings
//! ([`crate::config::ConfigError`]). For: whoever calls [`crate::Client`]. No text here holds a token, a
//! secret or a claim's value, so all of it may be logged; none of it is written for users.

use std::time::Duration;

use crate::provider_text::ProviderText;

/// The outcome of a call that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The code or refresh token is spent, expired or revoked (`invalid_grant`, RFC 6749, section 5.2).
    /// Final: sign the user out, or begin a new login. Only without a description there is doubt, see there.
    #[error("the grant has ended (invalid_grant)")]
    Ended {
        /// What Scalekit said, for the log. The library that its endpoints seem to be built on
        /// (`zitadel/oidc`, `pkg/op/token_refresh.go`) says `invalid_grant` and nothing else also when its
        /// own storage failed for a moment: at a refresh without a description, try once more before signing
        /// the user out.
        description: Option<ProviderText>,
    },
    /// A token arrived and failed a check. Don't use it; begin a new login.
    #[error("a token was refused: {0}")]
    Refused(#[from] VerificationError),
    /// Scalekit refuses the request, and not because the grant has ended: wrong credentials, grant type,
    /// scope or redirect URI. Repeating won't help; an operator has to look.
    #[error("Scalekit refuses this application's request ({code})")]
    Misconfigured {
        /// The error code, `invalid_client` for example; `http_401` when there was none.
        code: String,
        /// What Scalekit said, for the log.
        description: Option<ProviderText>,
    },
    /// No usable answer: says nothing about the user or the session. Keep what there is and try again later.
    #[error("Scalekit is unavailable: {reason}")]
    Unavailable {
        /// Why.
        reason: UnavailableReason,
        /// The earliest useful time for another try, if Scalekit named one; at most 5 minutes.
        retry_after: Option<Duration>,
    },
}

impl Error {
    /// Whether other calls of this application can be expected to fail in the same way, so that it is better
    /// to make none for a while: Scalekit is out of reach or overloaded, or refuses the application's
    /// credentials. What it refuses for another reason may be one grant's trouble.
    #[must_use]
    pub fn concerns_all_calls(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Misconfigured { code, .. } => is_about_credentials(code),
            Self::Ended { .. } | Self::Refused(_) => false,
        }
    }

    /// The code by which Scalekit clearly refused the grant that it was shown (4xx), if it did and that says
    /// nothing of the application's credentials. Once may be a passing fault; the same again and again is an
    /// answer.
    ///
    /// `None` for outages, for too many requests, for pages that something in between has sent, and for wrong
    /// credentials: as long as those are wrong, nobody can sign in anew either.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Self::Ended { .. } => Some("invalid_grant"),
            Self::Misconfigured { code, .. } => (!is_about_credentials(code)).then_some(code),
            Self::Unavailable { reason: UnavailableReason::Failing { code, .. }, .. } => Some(code),
            Self::Unavailable { .. } | Self::Refused(_) => None,
        }
    }

    /// Whether Scalekit knows the application and does not let it use the grant that it asked for. For
    /// [`crate::Client::client_credentials`] that means: no access to the management API. The names are those
    /// of RFC 6749, section 5.2, `access_denied` (section 4.1.2.1) and the gateway's; which of them Scalekit
    /// uses is not documented.
    #[must_use]
    pub fn is_grant_not_allowed(&self) -> bool {
        matches!(self, Self::Misconfigured { code, .. } if matches!(
            &**code,
            "unauthorized_client" | "unsupported_grant_type" | "access_denied" | "invalid_scope" | "permission_denied"
        ))
    }

    pub(crate) fn unavailable(reason: UnavailableReason) -> Self {
        Self::Unavailable { reason, retry_after: None }
    }
}

fn is_about_credentials(code: &str) -> bool {
    matches!(code, "invalid_client" | "unauthenticated" | "http_401")
}

/// Why there was no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnavailableReason {
    /// Not connected, or not answered in full, within the configured limits.
    #[error("the request timed out")]
    Timeout,
    /// The connection failed or broke: name resolution, TLS, a reset. Holds the transport's own words.
    #[error("the connection failed ({0})")]
    Network(String),
    /// 429, or the gateway's `RATE_LIMITED`.
    #[error("too many requests")]
    RateLimited,
    /// A redirect. Never followed: the request carried the client secret.
    #[error("an unexpected redirect (HTTP {0})")]
    Redirect(u16),
    /// A refusal (4xx) whose code says that Scalekit itself failed; versions of its library before April 2026
    /// answered every fault of their own with 400 `server_error`.
    #[error("HTTP {status} ({code})")]
    Failing {
        /// The status.
        status: u16,
        /// The code, in lower case.
        code: String,
    },
    /// Any other status that is neither success nor a known refusal.
    #[error("HTTP {0}")]
    Status(u16),
    /// The answer is longer than any real one; reading stopped at the limit.
    #[error("the answer is too large")]
    TooLarge,
    /// A success that can't be read: HTML, cut JSON, missing members.
    #[error("the answer can't be read: {0}")]
    Garbage(&'static str),
}

/// The rule a token broke. One variant per rule; claims are named, their values never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerificationError {
    /// Longer than 64 KiB.
    #[error("the token is larger than 64 KiB")]
    TooLarge,
    /// Not three base64url parts holding JSON objects (RFC 7515, section 3.1).
    #[error("not a JSON web token")]
    Malformed,
    /// A member occurs twice in a JSON object: two readers could see two different values.
    #[error("a JSON member occurs twice")]
    DuplicateMember,
    /// `alg` is something else than RS256; `none` included.
    #[error("the signature algorithm is not RS256")]
    Algorithm,
    /// The header demands an extension we don't know (RFC 7515, section 4.1.11).
    #[error("the header has a `crit` member")]
    CriticalHeader,
    /// `typ` names another kind of token.
    #[error("the header's `typ` is not the expected one")]
    TokenType,
    /// No key with this `kid` in the environment's key set.
    #[error("the signing key is unknown")]
    UnknownKey,
    /// No `kid`, and more than one key to choose from.
    #[error("the header has no `kid` and there is more than one key")]
    AmbiguousKey,
    /// The signature does not belong to this token.
    #[error("the signature is wrong")]
    Signature,
    /// A required claim is missing or empty.
    #[error("the claim `{0}` is missing")]
    MissingClaim(&'static str),
    /// A claim has another JSON type than the standard says; dates must be whole seconds.
    #[error("the claim `{0}` has the wrong type")]
    ClaimType(&'static str),
    /// A token of somebody who signed in with a connection, and not to an organization: what Scalekit makes
    /// while Full-Stack Auth is switched off (`sub` is `conn_…;…`, there is neither `sid` nor `oid`).
    #[error(
        "the token names no session and no organization: is Full-Stack Auth switched on for this environment (Dashboard > \
         Authentication > General)?"
    )]
    NoUserSession,
    /// `iss` is not our environment.
    #[error("the issuer is another one")]
    Issuer,
    /// `aud` does not name us; or, in an ID token, somebody else besides.
    #[error("the audience is another one")]
    Audience,
    /// `azp` or `client_id` names another client, or `azp` is missing beside several audiences.
    #[error("the token was issued to another client")]
    AuthorizedParty,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is still to come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` is still to come.
    #[error("the token was issued in the future")]
    IssuedInFuture,
    /// `nonce` is missing or not the one of this login attempt.
    #[error("the nonce is another one")]
    Nonce,
    /// `at_hash` does not belong to the access token beside it.
    #[error("the ID token belongs to another access token")]
    AccessTokenHash,
    /// `c_hash` does not belong to the authorization code.
    #[error("the ID token belongs to another authorization code")]
    CodeHash,
    /// Another kind of token where an ID token belongs.
    #[error("not an ID token")]
    NotAnIdToken,
    /// Another kind of token where an access token belongs.
    #[error("not an access token")]
    NotAnAccessToken,
    /// Another kind of token where a logout token belongs: `events` does not name the back-channel logout
    /// event.
    #[error("not a logout token")]
    NotALogoutToken,
    /// A logout token with a `nonce`, which could be taken for an ID token (Back-Channel Logout 1.0, section
    /// 2.4).
    #[error("the logout token has a nonce")]
    NonceInLogoutToken,
    /// A logout token that names neither a user nor a session (Back-Channel Logout 1.0, section 2.4).
    #[error("the logout token has neither `sub` nor `sid`")]
    NobodyToLogOut,
    /// `iat` is longer ago than such a token is good for.
    #[error("the token was issued too long ago")]
    IssuedLongAgo,
    /// `exp` is further away than such a token is good for.
    #[error("the token is valid for too long")]
    LongLived,
    /// A claim has more bytes than any real one.
    #[error("the claim `{0}` is too long")]
    ClaimTooLong(&'static str),
    /// Another kind of token where the one of an IdP-initiated login belongs.
    #[error("not the token of an IdP-initiated login")]
    NotAnIdpInitiatedLogin,
    /// The token of an IdP-initiated login names neither an organization nor a connection.
    #[error("the token has neither `organization_id` nor `connection_id`")]
    NowhereToLogIn,
    /// A sign-in without an ID token; `openid` was always asked for.
    #[error("there is no ID token")]
    IdTokenMissing,
    /// ID token, access token and session disagree about `sub`.
    #[error("the tokens are for different users")]
    OtherSubject,
    /// They disagree about `sid`.
    #[error("the tokens are for different sessions")]
    OtherSession,
    /// They disagree about `oid`.
    #[error("the tokens are for different organizations")]
    OtherOrganization,
}

/// What a broken rule says at a refresh, where the session is known: whether the session can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// A key that is not published yet, or clocks that differ: the same token may pass later. Keep the
    /// session.
    Moment,
    /// How this environment makes its tokens now: another issuer, audience or kind, claims of other types,
    /// larger ones. An edit in the dashboard does that to all sessions at once, and another one takes it
    /// back. Keep the session and the refresh token, believe nothing of the token, and have an operator look.
    Environment,
    /// The tokens are not this session's: forged, or another person's or session's. End the session.
    SomebodyElse,
}

impl VerificationError {
    /// What the rule says of the session whose refresh brought the token. Nothing of a refused token is ever
    /// believed; this decides only whether the session ends for it.
    #[must_use]
    pub const fn blame(self) -> Blame {
        match self {
            Self::UnknownKey | Self::Expired | Self::NotYetValid | Self::IssuedInFuture => Blame::Moment,
            // What was not signed by Scalekit, or was signed for somebody else. `alg` with them: `none` and
            // HMAC are how tokens are forged, and the discovery document has never named anything but RS256.
            Self::Algorithm | Self::Signature | Self::OtherSubject | Self::OtherSession => Blame::SomebodyElse,
            // Form and size.
            Self::TooLarge
            | Self::Malformed
            | Self::DuplicateMember
            | Self::CriticalHeader
            | Self::AmbiguousKey
            // The environment's settings. Without Full-Stack Auth a token names no session (`NoUserSession`);
            // the names of most of these claims are free for custom claims.
            | Self::TokenType
            | Self::MissingClaim(_)
            | Self::ClaimType(_)
            | Self::ClaimTooLong(_)
            | Self::IssuedLongAgo
            | Self::NoUserSession
            | Self::Issuer
            | Self::Audience
            | Self::AuthorizedParty
            | Self::NotAnAccessToken
            | Self::NotAnIdToken
            // What binds an ID token to its sign-in: another sign-in of the same person, or the ID token is
            // missing.
            | Self::Nonce
            | Self::AccessTokenHash
            | Self::CodeHash
            | Self::IdTokenMissing
            // The same person and session: where the tokens disagree, the access token counts.
            | Self::OtherOrganization
            // No rules of refreshed tokens.
            | Self::NotALogoutToken
            | Self::NonceInLogoutToken
            | Self::NobodyToLogOut
            | Self::LongLived
            | Self::NotAnIdpInitiatedLogin
            | Self::NowhereToLogIn => Blame::Environment,
        }
    }
}
