//! The outer shape of a token, its header and its signature (RFC 7515, compact serialization).
//!
//! Not here: claims. The header is believed for two things only: which of *our* keys to try, and what kind of
//! token it says it is. `jku`, `jwk`, `x5u` and the like are never looked at.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use super::json;
use crate::error::VerificationError;
use crate::keys::KeySet;

/// In bytes. Real tokens have 1 to 2 KiB; an access token with 1,500 permissions has 45.
const MAX_TOKEN: usize = 64 * 1024;

pub(super) struct Jws<'t> {
    /// Header and payload with the dot between them: what was signed.
    signed: &'t str,
    payload: &'t str,
    signature: &'t str,
    kid: Option<String>,
    typ: Option<String>,
}

/// The `kid` of a token that is well-formed enough to look for its key.
pub(crate) fn key_id(token: &str) -> Result<Option<String>, VerificationError> {
    Jws::parse(token).map(|jws| jws.kid)
}

/// The `nonce` of a token that was verified when it arrived and kept where nobody can change it. Its key may
/// be gone by now, so the signature is not checked again.
pub(crate) fn nonce_of_verified(token: &str) -> Option<String> {
    let payload = json::object(&decode(Jws::parse(token).ok()?.payload).ok()?).ok()?;
    payload.get("nonce")?.as_str().filter(|nonce| !nonce.is_empty()).map(str::to_owned)
}

impl<'t> Jws<'t> {
    pub(super) fn parse(token: &'t str) -> Result<Self, VerificationError> {
        if token.len() > MAX_TOKEN {
            return Err(VerificationError::TooLarge);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(VerificationError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(VerificationError::Malformed)?;
        if payload.contains('.') {
            return Err(VerificationError::Malformed);
        }
        let header = json::object(&decode(header)?)?;
        if header.get("alg").and_then(Value::as_str) != Some("RS256") {
            return Err(VerificationError::Algorithm);
        }
        if header.contains_key("crit") {
            return Err(VerificationError::CriticalHeader);
        }
        let text = |name| match header.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(VerificationError::Malformed),
        };
        Ok(Self { signed, payload, signature, kid: text("kid")?, typ: text("typ")? })
    }

    /// `typ` may be missing; media types ignore case (RFC 7515, section 4.1.9).
    pub(super) fn require_type(&self, accepted: &[&str]) -> Result<(), VerificationError> {
        let fits = |typ: &String| accepted.iter().any(|accepted| accepted.eq_ignore_ascii_case(typ));
        if self.typ.as_ref().is_none_or(fits) { Ok(()) } else { Err(VerificationError::TokenType) }
    }

    /// Whether the header says, in the way of RFC 9068, that this is an access token.
    pub(super) fn has_access_token_type(&self) -> bool {
        self.typ.as_ref().is_some_and(|typ| typ.to_ascii_lowercase().ends_with("at+jwt"))
    }

    /// The payload, if one of our keys signed it.
    pub(super) fn verify(&self, keys: &KeySet) -> Result<Map<String, Value>, VerificationError> {
        let key = keys.select(self.kid.as_deref())?;
        match jsonwebtoken::crypto::verify(self.signature, self.signed.as_bytes(), key, Algorithm::RS256) {
            Ok(true) => json::object(&decode(self.payload)?),
            Ok(false) | Err(_) => Err(VerificationError::Signature),
        }
    }
}

/// Strict: no padding, no line breaks, and no second spelling of the same bytes.
fn decode(part: &str) -> Result<Vec<u8>, VerificationError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| VerificationError::Malformed)
}
