//! The environment's signing keys (`GET /keys`; RFC 7517).
//!
//! Not here: what is done with a key (`verify/jws.rs`). [`KeySet`] is pure; the cache beside it does the IO
//! and is used by [`crate::Client`].

mod cache;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

pub(crate) use cache::{KeyCache, Origin};

use crate::error::VerificationError;
use crate::members;

/// The usable keys of one key set: RSA, for signatures, RS256, at least 2048 bits. Others are skipped, so
/// that a new kind of key beside the old ones does not stop sign-ins.
#[derive(Clone)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// How many fetches of the key set have ended since the client was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeySetFetches {
    /// With a usable key set.
    pub done: u64,
    /// With none.
    pub failed: u64,
}

/// Why a key set can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not a JSON object with a list `keys`.
    #[error("not a JSON key set")]
    Malformed,
    /// No usable key in it.
    #[error("no usable key in the key set")]
    Empty,
}

impl KeySet {
    /// Reads a JWK set. If two keys have the same `kid`, the first counts.
    ///
    /// # Errors
    ///
    /// See [`KeySetError`]; a `KeySet` is never empty.
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        let wire: WireSet = members::of_object(json).map_err(|_| KeySetError::Malformed)?;
        let keys: Vec<Key> = wire.keys.into_iter().filter(Value::is_object).filter_map(Key::usable).collect();
        if keys.is_empty() { Err(KeySetError::Empty) } else { Ok(Self { keys }) }
    }

    /// The key a token's header names. Without a name: the only key, if it is the only one (OpenID Connect
    /// Core, section 10.1).
    pub(crate) fn select(&self, kid: Option<&str>) -> Result<&DecodingKey, VerificationError> {
        let found = match (kid, &*self.keys) {
            (Some(kid), keys) => keys.iter().find(|key| key.kid.as_deref() == Some(kid)),
            (None, [only]) => Some(only),
            (None, _) => return Err(VerificationError::AmbiguousKey),
        };
        found.map(|key| &key.key).ok_or(VerificationError::UnknownKey)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.kid)).finish()
    }
}

#[derive(Clone)]
struct Key {
    kid: Option<String>,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct WireSet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct WireKey {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// In bits (RFC 7518, section 3.3). The upper bound is the signature library's.
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

impl Key {
    fn usable(wire: Value) -> Option<Self> {
        let wire: WireKey = serde_json::from_value(wire).ok()?;
        let fits = wire.kty == "RSA"
            && wire.usage.is_none_or(|usage| usage == "sig")
            && wire.key_ops.is_none_or(|operations| operations.iter().any(|operation| operation == "verify"))
            && wire.alg.is_none_or(|algorithm| algorithm == "RS256");
        if !fits {
            return None;
        }
        let (n, e) = (unsigned(&wire.n?)?, unsigned(&wire.e?)?);
        let bits = n.len() * 8 - usize::try_from(n.first()?.leading_zeros()).ok()?;
        // An even exponent, or 1, makes signatures worthless; beyond 33 bits nobody goes.
        let exponent_fits = e.len() <= 5 && e.last()? % 2 == 1 && e != [1];
        (MODULUS_BITS.contains(&bits) && exponent_fits)
            .then(|| Self { kid: wire.kid, key: DecodingKey::from_rsa_raw_components(&n, &e) })
    }
}

/// A base64url number without leading zeros (some issuers send one; the signature library refuses it).
fn unsigned(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let start = bytes.iter().position(|byte| *byte != 0)?;
    Some(bytes.get(start..)?.to_vec())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{KEY_A, KEY_B};

    fn parse(set: &Value) -> Result<KeySet, KeySetError> {
        KeySet::parse(set.to_string().as_bytes())
    }

    fn changed(member: &str, value: Value) -> Value {
        let mut key = KEY_A.jwk();
        key[member] = value;
        json!({ "keys": [key] })
    }

    #[test]
    fn a_key_is_selected_by_its_kid() {
        let set = parse(&json!({ "keys": [KEY_A.jwk(), KEY_B.jwk()] })).unwrap();
        assert!(set.select(Some(KEY_B.kid())).is_ok());
        assert_eq!(set.select(Some("snk_other")).unwrap_err(), VerificationError::UnknownKey);
    }

    #[test]
    fn kid_absent_single_jwks_is_accepted() {
        assert!(parse(&json!({ "keys": [KEY_A.jwk()] })).unwrap().select(None).is_ok());
    }

    #[test]
    fn kid_absent_multiple_jwks_is_refused() {
        let set = parse(&json!({ "keys": [KEY_A.jwk(), KEY_B.jwk()] })).unwrap();
        assert_eq!(set.select(None).unwrap_err(), VerificationError::AmbiguousKey);
    }

    #[test]
    fn unusable_keys_are_skipped_and_the_others_kept() {
        let set = parse(&json!({ "keys": [
            { "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "ec" }, 7, null, {}, KEY_A.jwk(),
        ] }));
        assert_eq!(format!("{:?}", set.unwrap()), format!("[Some({:?})]", KEY_A.kid()));
    }

    #[test]
    fn keys_for_other_purposes_are_not_usable() {
        for (member, value) in [
            ("kty", json!("oct")),
            ("use", json!("enc")),
            ("alg", json!("PS256")),
            ("alg", json!("HS256")),
            ("key_ops", json!(["encrypt"])),
            ("e", json!("AQ")),
            ("e", json!("BA")),
            ("e", json!("")),
            ("n", json!("")),
            ("n", json!("not base64!")),
            ("n", json!(null)),
        ] {
            assert_eq!(parse(&changed(member, value.clone())).unwrap_err(), KeySetError::Empty, "{member} {value}");
        }
    }

    #[test]
    fn keys_below_2048_bits_are_not_usable() {
        let modulus = |bits: usize| {
            let mut bytes = vec![0xFF_u8; bits.div_ceil(8)];
            bytes[0] >>= bytes.len() * 8 - bits;
            URL_SAFE_NO_PAD.encode(bytes)
        };
        assert!(parse(&changed("n", json!(modulus(2048)))).is_ok());
        assert_eq!(parse(&changed("n", json!(modulus(2047)))).unwrap_err(), KeySetError::Empty);
        assert_eq!(parse(&changed("n", json!(modulus(1024)))).unwrap_err(), KeySetError::Empty);
        assert_eq!(parse(&changed("n", json!(modulus(8193)))).unwrap_err(), KeySetError::Empty);
    }

    #[test]
    fn no_key_set_is_made_from_nothing() {
        for (body, error) in [
            ("", KeySetError::Malformed),
            ("<html>", KeySetError::Malformed),
            ("{}", KeySetError::Malformed),
            (r#"{"keys":{}}"#, KeySetError::Malformed),
            (r#"{"keys":[]}"#, KeySetError::Empty),
            (&format!("[[{}]]", KEY_A.jwk()), KeySetError::Malformed),
            (
                &format!(r#"{{"keys":[["RSA","sig",null,"RS256","snk_a",{},"AQAB"]]}}"#, KEY_A.jwk()["n"]),
                KeySetError::Empty,
            ),
        ] {
            assert_eq!(KeySet::parse(body.as_bytes()).unwrap_err(), error, "{body}");
        }
    }
}
