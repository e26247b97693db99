//! Turns a received token into claims, or names the rule it broke. Pure: token, keys, expectations and `now` in.
//!
//! Not here: fetching keys ([`crate::keys`]), comparing tokens with each other ([`crate::client`]). The order is
//! fixed: shape and algorithm, key, signature, and only then claims; nothing unsigned is ever looked at beyond the
//! header. `jsonwebtoken` checks the signature and nothing else, because its own claim checks read the system clock
//! and pass what is absent.
//!
//! # How the kinds of token are told apart
//!
//! Scalekit signs all of them with the same keys, the same `typ` and the same `aud`. So, following the documented
//! contents:
//!
//! - An ID token must not have a `jti` that begins with `tkn_` (every access token has one), nor the `typ` `at+jwt`;
//!   at sign-in it must carry our `nonce`, which no access token has.
//! - An access token must not have `nonce`, `at_hash` or `c_hash` (they bind an ID token), and must show at least one
//!   sign of being one: `typ` `at+jwt`, `jti`, `nbf`, `scope`, `scopes`, `roles` or `permissions`.
//! - Neither may have `events` (a logout token must, and must not have `nonce`) nor the `typ` `logout+jwt`.
//! - The token of an IdP-initiated login must have neither `events` nor any claim that only a session's or an
//!   application's token has (see `idp_initiated.rs`); it has no `sub` and `sid`, which ID and access tokens must have.
//!
//! `email` and the like decide nothing: the dashboard can add them to access tokens.

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

/// What a token has to match.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// `iss`, exactly.
    pub issuer: &'a str,
    /// `aud`, `azp` and `client_id`.
    pub client_id: &'a str,
    /// Further audiences accepted in access tokens; see [`Config::with_access_token_audiences`].
    pub access_token_audiences: &'a [String],
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
    /// It may be anything or missing: at a refresh of a session whose last ID token had none. Session and user are
    /// compared all the same.
    AnyAtRefresh,
}

impl<'a> Expected<'a> {
    /// What the configuration settles; `access_token` and `code` are for the caller to add.
    #[must_use]
    pub fn new(config: &'a Config, nonce: ExpectedNonce<'a>, now: i64) -> Self {
        Self {
            issuer: config.issuer(),
            client_id: config.client_id(),
            access_token_audiences: config.access_token_audiences(),
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

    let is_another_kind = claims.has("events") || claims.text("jti")?.is_some_and(|jti| jti.starts_with("tkn_"));
    if is_another_kind {
        return Err(VerificationError::NotAnIdToken);
    }
    claims.check_issuer(expected.issuer)?;
    let audiences = claims.check_audience(expected.client_id, &[])?;
    claims.check_authorized_party(expected.client_id, audiences > 1)?;
    let (exp, iat) = claims.check_times(expected.now, expected.clock_tolerance)?;

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

    Ok(IdTokenClaims {
        sub: claims.required_text("sub")?,
        sid: claims.required_text("sid")?,
        oid: claims.required_text("oid")?,
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
        xoid: claims.text("xoid")?,
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

    let is_another_kind = ["nonce", "at_hash", "c_hash", "events"].iter().any(|name| claims.has(name));
    let shows_a_sign = ["jti", "nbf", "scope", "scopes", "roles", "permissions"].iter().any(|name| claims.has(name));
    if is_another_kind || !(says_so || shows_a_sign) {
        return Err(VerificationError::NotAnAccessToken);
    }
    claims.check_issuer(expected.issuer)?;
    claims.check_audience(expected.client_id, expected.access_token_audiences)?;
    claims.check_authorized_party(expected.client_id, false)?;
    let (exp, iat) = claims.check_times(expected.now, expected.clock_tolerance)?;

    Ok(AccessTokenClaims {
        sub: claims.required_text("sub")?,
        sid: claims.required_text("sid")?,
        oid: claims.required_text("oid")?,
        exp,
        iat,
        jti: claims.text("jti")?,
        roles: claims.texts("roles")?,
        permissions: claims.texts("permissions")?,
        scopes: claims.scopes()?,
        xoid: claims.text("xoid")?,
        xuid: claims.text("xuid")?,
        custom_claims: claims.take("custom_claims"),
        other: claims.into_rest(),
    })
}

/// `at_hash` and `c_hash`: the left half of SHA-256, base64url (OpenID Connect Core, section 3.1.3.6). Checked when
/// present, because Scalekit's samples disagree about whether they are.
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
