//! JSON Web Tokens: writing them right, writing them wrong on purpose, and reading our own back.
//!
//! What for: the three dotted parts of RFC 7515.
//! Not here: which claims (`claims`).
//! Called by: `tokens` (writing), userinfo and logout (reading).

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::keys::{KeyRing, SigningFailed, SigningKey};
use crate::{orders::Signature, world::CLIENT_SECRET};

/// A token that still lacks its signature.
pub(crate) struct Unsigned {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Unsigned {
    /// The header Scalekit writes: `alg`, `kid`, `typ` (scalekit-api §8).
    pub(crate) fn new(kid: &str, media_type: &str, claims: Map<String, Value>) -> Self {
        let mut header = Map::new();
        header.insert("alg".into(), json!("RS256"));
        header.insert("kid".into(), json!(kid));
        header.insert("typ".into(), json!(media_type));
        Self { header, claims }
    }

    /// Sets members of header and claims; `null` removes one.
    pub(crate) fn change(&mut self, header: &Map<String, Value>, claims: &Map<String, Value>) {
        set_members(&mut self.header, header);
        set_members(&mut self.claims, claims);
    }

    /// The finished token.
    pub(crate) fn sign(self, key: &SigningKey) -> Result<String, SigningFailed> {
        let message = self.message();
        let signature = key.sign(message.as_bytes())?;
        Ok(join(&message, &signature))
    }

    /// A token with the signature a test ordered.
    pub(crate) fn sign_wrongly(mut self, keys: &mut KeyRing, signature: Signature) -> Result<String, SigningFailed> {
        match signature {
            Signature::Keep => self.sign(keys.current()),
            Signature::OtherKey => {
                let key = keys.foreign()?;
                self.sign(&key)
            }
            Signature::None => {
                self.relabel("none");
                Ok(join(&self.message(), b""))
            }
            Signature::Empty => Ok(join(&self.message(), b"")),
            Signature::OfAnotherToken => {
                let another = Self { header: self.header.clone(), claims: Map::new() };
                Ok(join(&self.message(), &keys.current().sign(another.message().as_bytes())?))
            }
            Signature::EmbeddedKey => {
                let key = keys.foreign()?;
                self.header.insert("jwk".into(), key.jwk());
                self.sign(&key)
            }
            Signature::Flip => {
                let message = self.message();
                let mut signature = keys.current().sign(message.as_bytes())?;
                if let Some(byte) = signature.last_mut() {
                    *byte ^= 1;
                }
                Ok(join(&message, &signature))
            }
            Signature::Hs256 => {
                let pem = keys.current().public_pem()?;
                Ok(self.sign_with_secret(pem.as_bytes()))
            }
            Signature::ClientSecret => Ok(self.sign_with_secret(CLIENT_SECRET.as_bytes())),
        }
    }

    fn sign_with_secret(mut self, secret: &[u8]) -> String {
        self.relabel("HS256");
        let message = self.message();
        join(&message, hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes()).as_ref())
    }

    /// Names the algorithm, unless the order has named another.
    fn relabel(&mut self, algorithm: &str) {
        if self.header.get("alg").is_some_and(|ordered| ordered == "RS256") {
            self.header.insert("alg".into(), json!(algorithm));
        }
    }

    fn message(&self) -> String {
        let encode = |part: &Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(part.clone()).to_string());
        format!("{}.{}", encode(&self.header), encode(&self.claims))
    }
}

fn join(message: &str, signature: &[u8]) -> String {
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Sets members of an object; `null` removes one.
pub(crate) fn set_members(object: &mut Map<String, Value>, changes: &Map<String, Value>) {
    for (name, value) in changes {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
}

/// The claims of a token this emulator signed; `None` for anything else. Times are not looked at.
pub(crate) fn read_own(keys: &KeyRing, token: &str) -> Option<Map<String, Value>> {
    let (message, signature) = token.rsplit_once('.')?;
    let (header, claims) = message.split_once('.')?;
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    if header["alg"] != "RS256" || !keys.ever_signed(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?) {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn ring() -> KeyRing {
        KeyRing::new(Arc::new(SigningKey::generate().unwrap()))
    }

    fn unsigned(keys: &KeyRing) -> Unsigned {
        let claims = json!({ "sub": "usr_1" }).as_object().unwrap().clone();
        Unsigned::new(&keys.current().kid, "JWT", claims)
    }

    #[test]
    fn own_token_is_read_back_and_every_wrong_signature_is_refused() {
        let mut keys = ring();
        let good = unsigned(&keys).sign(keys.current()).unwrap();
        assert_eq!(read_own(&keys, &good).unwrap()["sub"], "usr_1");
        for wrong in [
            Signature::None,
            Signature::Empty,
            Signature::Flip,
            Signature::OtherKey,
            Signature::OfAnotherToken,
            Signature::EmbeddedKey,
            Signature::Hs256,
            Signature::ClientSecret,
        ] {
            let token = unsigned(&keys).sign_wrongly(&mut keys, wrong).unwrap();
            assert!(read_own(&keys, &token).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn changes_set_and_remove_members() {
        let keys = ring();
        let mut token = unsigned(&keys);
        let claims = json!({ "sub": null, "oid": "org_2" }).as_object().unwrap().clone();
        token.change(&Map::new(), &claims);
        let text = token.sign(keys.current()).unwrap();
        assert_eq!(Value::Object(read_own(&keys, &text).unwrap()), json!({ "oid": "org_2" }));
    }

    #[test]
    fn garbage_is_no_token() {
        let keys = ring();
        for text in ["", ".", "..", "a.b.c", "e30.e30.", "\u{0}.\u{0}.\u{0}"] {
            assert!(read_own(&keys, text).is_none());
        }
    }
}
