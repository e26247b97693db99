//! Key sets: only RSA keys of a usable size get in, others never hinder ours, and ours verifies only if the
//! document holds it.
//!
//! Input: the document.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use scalekit::{
    KeySet,
    verify::{Expected, ExpectedNonce, verify_access_token},
};
use serde_json::{Value, json};

use super::signer::{CLIENT, HEADER, ISSUER, NOW, SIGNER};

/// The property.
pub fn check(input: &[u8]) {
    let document = serde_json::from_slice::<Value>(input).ok();
    let listed = document.as_ref().and_then(|document| document["keys"].as_array()).cloned();
    let token = token();
    let expected = Expected::new(&SIGNER.config, ExpectedNonce::AnyAtRefresh, NOW);
    let verifies = |keys: &KeySet| verify_access_token(&token, keys, &expected).is_ok();

    // What nobody reads need not be readable: half a surrogate pair, for example.
    if let (Ok(set), Some(document)) = (KeySet::parse(input), &document) {
        let listed = document["keys"].as_array().unwrap();
        let usable = listed.iter().filter(|key| may_be_used(key)).count();
        assert!(usable > 0, "a key set without a usable key: {set:?}");
        let ours = SIGNER.jwk()["n"].clone();
        assert!(!verifies(&set) || listed.iter().any(|key| key["n"] == ours), "a foreign key verifies");
    }
    if let Some(mut keys) = listed {
        keys.insert(0, SIGNER.jwk());
        let set = KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
        assert!(verifies(&set), "other keys hinder ours");
    }
}

/// What the standard and common sense ask of a key for RS256.
fn may_be_used(key: &Value) -> bool {
    let number = |name: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(key[name].as_str()?).ok()?;
        let first = bytes.iter().position(|byte| *byte != 0)?;
        Some(bytes[first..].to_vec())
    };
    let (Some(modulus), Some(exponent)) = (number("n"), number("e")) else { return false };
    key["kty"] == "RSA"
        && (key["use"].is_null() || key["use"] == "sig")
        && (key["alg"].is_null() || key["alg"] == "RS256")
        && (256..=1024).contains(&modulus.len())
        && (modulus.len() > 256 || modulus[0] >= 0x80)
        && exponent.last().is_some_and(|last| last % 2 == 1)
        && exponent != [1]
}

fn token() -> String {
    let claims = json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "usr_1", "sid": "ses_1", "oid": "org_1", "iat": NOW, "exp": NOW + 300,
        "jti": "tkn_1",
    });
    SIGNER.sign(HEADER.as_bytes(), claims.to_string().as_bytes())
}
