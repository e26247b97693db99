//! What is known about a user, a session or a login once a token has been verified.
//!
//! These types are made by [`crate::verify`] and by nothing else: they can't be deserialized or constructed
//! outside this crate. `Debug` shows times at most, because the rest is about a person.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// The claims of a verified ID token: who signed in (OpenID Connect Core, section 2; docs "ID token claims").
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IdTokenClaims {
    /// The user, `usr_…`.
    pub sub: String,
    /// The Scalekit session, `ses_…`.
    pub sid: String,
    /// The organization of this login, `org_…`.
    pub oid: String,
    /// When the token ends, in seconds since 1970.
    pub exp: i64,
    /// When the token was made, in seconds since 1970.
    pub iat: i64,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the address has been shown to be the user's.
    pub email_verified: Option<bool>,
    /// The full name.
    pub name: Option<String>,
    /// The given name.
    pub given_name: Option<String>,
    /// The family name.
    pub family_name: Option<String>,
    /// The URL of a picture. Foreign input: check it before it goes into a page.
    pub picture: Option<String>,
    /// The language tag the user prefers.
    pub locale: Option<String>,
    /// The name the user likes to be called by.
    pub preferred_username: Option<String>,
    /// The telephone number.
    pub phone_number: Option<String>,
    /// The application's own identifier of the organization, if it has set one.
    pub xoid: Option<String>,
    /// How the user signed in; Scalekit lists connection identifiers.
    pub amr: Vec<String>,
    /// The remaining claims, without those that only matter for verification.
    pub other: Map<String, Value>,
}

/// The claims of a verified access token: what the user may do (docs "Customize session token claims").
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AccessTokenClaims {
    /// The user, `usr_…`.
    pub sub: String,
    /// The Scalekit session, `ses_…`.
    pub sid: String,
    /// The organization in which roles and permissions hold, `org_…`.
    pub oid: String,
    /// When the token ends by its own word, in seconds since 1970.
    pub exp: i64,
    /// When it is to be taken for ended: `exp`, or earlier if the answer it came with said so (`expires_in`).
    #[serde(skip)]
    pub ends_at: i64,
    /// When the token was made, in seconds since 1970.
    pub iat: i64,
    /// The token's own identifier, `tkn_…`.
    pub jti: Option<String>,
    /// Role names; empty when there are none.
    pub roles: Vec<String>,
    /// Permission names; empty when there are none.
    pub permissions: Vec<String>,
    /// The scopes granted, from `scope` (a string) or `scopes` (a list).
    pub scopes: Vec<String>,
    /// The application's own identifier of the organization, if it has set one.
    pub xoid: Option<String>,
    /// The application's own identifier of the user, if it has set one.
    pub xuid: Option<String>,
    /// What the application's session-creation interceptor added.
    pub custom_claims: Option<Value>,
    /// The remaining claims, without those that only matter for verification.
    pub other: Map<String, Value>,
}

/// A verified request of Scalekit to end sessions (OpenID Connect Back-Channel Logout 1.0, section 2.4).
///
/// At least one of `sub` and `sid` is there. With a `sid` only that session is to end, without one all
/// sessions of `sub` (section 2.7). A token can be sent again: ending what has ended must be harmless, or
/// `jti` be remembered.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogoutToken {
    /// The token's own identifier, 1 to 255 bytes. It need not be remembered longer than 10 minutes after
    /// `iat`.
    pub jti: String,
    /// The user whose sessions end.
    pub sub: Option<String>,
    /// The Scalekit session that ends.
    pub sid: Option<String>,
    /// When the token was made, in seconds since 1970.
    pub iat: i64,
    /// When the token ends, in seconds since 1970.
    pub exp: i64,
}

/// A verified wish of an identity provider to log somebody in (docs "Handle identity provider initiated
/// SSO").
///
/// It says where to log in, not who is there: put it into a [`crate::LoginRequest`] and begin a login as
/// ever. At least one of `organization_id` and `connection_id` is there; no text is empty. The token's
/// `relay_state` is not offered on purpose: Scalekit's sample sends it as `state`, and a `state` that comes
/// from outside protects nobody.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdpInitiatedLogin {
    /// The organization to log in to, `org_…`.
    pub organization_id: Option<String>,
    /// The connection to log in through, `conn_…`.
    pub connection_id: Option<String>,
    /// The user's e-mail address, as the identity provider says.
    pub login_hint: Option<String>,
}

impl fmt::Debug for IdTokenClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdTokenClaims").field("iat", &self.iat).field("exp", &self.exp).finish_non_exhaustive()
    }
}

impl fmt::Debug for AccessTokenClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokenClaims").field("iat", &self.iat).field("exp", &self.exp).finish_non_exhaustive()
    }
}

impl fmt::Debug for LogoutToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutToken").field("iat", &self.iat).field("exp", &self.exp).finish_non_exhaustive()
    }
}

impl fmt::Debug for IdpInitiatedLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdpInitiatedLogin").finish_non_exhaustive()
    }
}
