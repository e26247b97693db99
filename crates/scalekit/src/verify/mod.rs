//! Turns a received token into claims, or names the rule it broke. Pure: token, keys, expectations and `now`
//! in.
//!
//! Not here: fetching keys ([`crate::keys`]), comparing tokens with each other ([`crate::client`]). The order
//! is fixed: shape and algorithm, key, signature, and only then claims; nothing unsigned is ever looked at
//! beyond the header. `jsonwebtoken` checks the signature and nothing else, because its own claim checks read
//! the system clock and pass what is absent.
//!
//! # How the kinds of token are told apart
//!
//! Scalekit signs all of them with the same keys, the same `typ` and the same `aud`. So, following the
//! documented contents:
//!
//! - An ID token must not have a `jti` that begins with `tkn_` (every access token has one), nor the `typ`
//!   `at+jwt`; at sign-in it must carry our `nonce`, which no access token has.
//! - An access token has a `jti` that begins with `tkn_`. One that has not must not have `nonce`, `at_hash`
//!   or `c_hash` (they bind an ID token), and must show another sign of being one: `typ` `at+jwt`, `jti`,
//!   `nbf`, `scope`, `scopes`, `roles` or `permissions`.
//! - An ID token must not have `events`, nor an access token the logout event in it (a logout token must, and
//!   must have neither `nonce` nor a `jti` that begins with `tkn_`); neither may have the `typ` `logout+jwt`.
//! - The token of an IdP-initiated login must have neither `events` nor any claim that only a session's or an
//!   application's token has (see `idp_initiated.rs`); it has no `sub` and `sid`, which ID and access tokens
//!   must have.
//!
//! The dashboard adds claims to all access tokens of an environment at once, under any name but `sub iss aud
//! exp iat nbf jti oid sid xoid xuid roles permissions`. So no other name decides what an access token is,
//! and none of the others makes one unreadable: what has not the type that is looked for counts as absent and
//! stays in `other`.

mod claim_names;
mod idp_initiated;
mod json;
mod jws;
mod logout_token;
mod rules;

use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

pub(crate) use claim_names::claim_names;
pub use idp_initiated::verify_idp_initiated_login;
pub(crate) use jws::{key_id, nonce_of_verified};
pub use logout_token::verify_logout_token;

use crate::claims::{AccessTokenClaims, IdTokenClaims};
use crate::config::Config;
use crate::error::VerificationError;
use crate::keys::KeySet;
use jws::Jws;
use rules::Claims;

/// The member of `events` that makes a token a logout token (OpenID Connect Back-Channel Logout 1.0, section
/// 2.4).
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// How long ago an ID token may have been made; seconds, and our choice: nobody keeps one before showing it
/// to us (OpenID Connect Core, section 3.1.3.7, rule 10). A day, so that no clock and no delay is meant by
/// it.
const MAX_ID_TOKEN_AGE: i64 = 86_400;

/// What a token has to match.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// `iss`, one of these, exactly.
    pub issuers: &'a [String],
    /// `aud`, `azp` and `client_id`.
    pub client_id: &'a str,
    /// Further audiences accepted in access and logout tokens; see [`Config::with_audiences`].
    pub further_audiences: &'a [String],
    /// The `nonce` of an ID token; not used for access tokens.
    pub nonce: ExpectedNonce<'a>,
    /// The access token that came with an ID token, for `at_hash`.
    pub access_token: Option<&'a str>,
    /// The authorization code an ID token was exchanged for, for `c_hash`.
    pub code: Option<&'a str>,
    /// Seconds since 1970.
    pub now: i64,
    /// How far the issuer's clock may differ.
    pub clock_tolerance: Duration,
}

/// The rule for an ID token's `nonce`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ExpectedNonce<'a> {
    /// It must be there and be this one: at sign-in.
    Exactly(&'a str),
    /// It may be missing but not be another one: at a refresh (OpenID Connect Core, section 12.2).
    NoOther(&'a str),
    /// It may be anything or missing: at a refresh of a session whose last ID token had none. Session and
    /// user are compared all the same.
    AnyAtRefresh,
}

impl<'a> Expected<'a> {
    /// What the configuration settles; `access_token` and `code` are for the caller to add.
    #[must_use]
    pub fn new(config: &'a Config, nonce: ExpectedNonce<'a>, now: i64) -> Self {
        Self {
            issuers: config.issuers(),
            client_id: config.client_id(),
            further_audiences: config.audiences(),
            nonce,
            access_token: None,
            code: None,
            now,
            clock_tolerance: config.clock_tolerance(),
        }
    }
}

/// Verifies an ID token (OpenID Connect Core, section 3.1.3.7).
///
/// # Errors
///
/// The first rule the token breaks.
pub fn verify_id_token(
    token: &str,
    keys: &KeySet,
    expected: &Expected<'_>,
) -> Result<IdTokenClaims, VerificationError> {
    let jws = Jws::parse(token)?;
    jws.require_type(&["JWT"])?;
    let mut claims = Claims::new(jws.verify(keys)?);

    if claims.has("events") || claims.has_access_token_id() {
        return Err(VerificationError::NotAnIdToken);
    }
    claims.check_issuer(expected.issuers)?;
    let audiences = claims.check_sole_audience(expected.client_id)?;
    claims.check_authorized_party(expected.client_id, audiences > 1)?;
    let (exp, iat) = claims.check_times(expected.now, expected.clock_tolerance)?;
    if expected.now.saturating_sub(iat) > MAX_ID_TOKEN_AGE {
        return Err(VerificationError::IssuedLongAgo);
    }

    let nonce = claims.text("nonce")?;
    let fits = match (expected.nonce, nonce.as_deref()) {
        (ExpectedNonce::Exactly(wanted), found) => found == Some(wanted),
        (ExpectedNonce::NoOther(wanted), Some(found)) => found == wanted,
        (ExpectedNonce::NoOther(_), None) | (ExpectedNonce::AnyAtRefresh, _) => true,
    };
    if !fits {
        return Err(VerificationError::Nonce);
    }
    check_hash(claims.take("at_hash"), expected.access_token, VerificationError::AccessTokenHash)?;
    check_hash(claims.take("c_hash"), expected.code, VerificationError::CodeHash)?;

    let (sub, sid, oid) = claims.user_session()?;
    Ok(IdTokenClaims {
        sub,
        sid,
        oid,
        exp,
        iat,
        email: claims.text("email")?,
        email_verified: claims.boolean("email_verified")?,
        name: claims.text("name")?,
        given_name: claims.text("given_name")?,
        family_name: claims.text("family_name")?,
        picture: claims.text("picture")?,
        locale: claims.text("locale")?,
        preferred_username: claims.text("preferred_username")?,
        phone_number: claims.text("phone_number")?,
        xoid: claims.text_or_rest("xoid"),
        amr: claims.texts("amr")?,
        other: claims.into_rest(),
    })
}

/// Verifies the access token of a user session (RFC 9068, section 4, as far as Scalekit follows it).
///
/// `nonce`, `access_token` and `code` of `expected` are not used.
///
/// # Errors
///
/// The first rule the token breaks.
pub fn verify_access_token(
    token: &str,
    keys: &KeySet,
    expected: &Expected<'_>,
) -> Result<AccessTokenClaims, VerificationError> {
    let jws = Jws::parse(token)?;
    jws.require_type(&["JWT", "at+jwt", "application/at+jwt"])?;
    let says_so = jws.has_access_token_type();
    let mut claims = Claims::new(jws.verify(keys)?);

    let has = |names: &[&str]| names.iter().any(|name| claims.has(name));
    let shows_a_sign = says_so || has(&["jti", "nbf", "scope", "scopes", "roles", "permissions"]);
    let is_one = claims.has_access_token_id() || (shows_a_sign && !has(&["nonce", "at_hash", "c_hash"]));
    if claims.has_logout_event() || !is_one {
        return Err(VerificationError::NotAnAccessToken);
    }
    claims.check_issuer(expected.issuers)?;
    let names_client = claims.check_audience(expected.client_id, expected.further_audiences)?;
    // Both `jti` and `aud` are reserved at the dashboard: with them the token is this client's access token,
    // whatever else it says.
    let is_certain = names_client && claims.has_access_token_id();
    claims.check_authorized_party_if_readable(expected.client_id, is_certain)?;
    let (exp, iat) = claims.check_times(expected.now, expected.clock_tolerance)?;

    let (sub, sid, oid) = claims.user_session()?;
    Ok(AccessTokenClaims {
        sub,
        sid,
        oid,
        ends_at: exp,
        exp,
        iat,
        jti: claims.text("jti")?,
        roles: claims.texts("roles")?,
        permissions: claims.texts("permissions")?,
        scopes: claims.scopes(),
        xoid: claims.text_or_rest("xoid"),
        xuid: claims.text_or_rest("xuid"),
        custom_claims: claims.take("custom_claims"),
        other: claims.into_rest(),
    })
}

/// `at_hash` and `c_hash`: the left half of SHA-256, base64url (OpenID Connect Core, section 3.1.3.6).
/// Checked when present, because Scalekit's samples disagree about whether they are.
fn check_hash(claim: Option<Value>, of: Option<&str>, error: VerificationError) -> Result<(), VerificationError> {
    let (Some(claim), Some(of)) = (claim, of) else {
        return Ok(());
    };
    let hash = digest::digest(&digest::SHA256, of.as_bytes());
    let (left_half, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    if claim.as_str() == Some(&*URL_SAFE_NO_PAD.encode(left_half)) { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests;
