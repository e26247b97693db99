//! Signing keys.
//!
//! What for: RSA-2048 keys that are drawn fresh at every start, so that no key worth stealing is in the
//! repository. The `kid` is made from the key: a client that outlives a restart sees an unknown `kid` instead
//! of a bad signature. Not here: what is signed (`jwt`). Called by: `Emulator::start`, `tokens`, the JWKS
//! endpoint, `Control::rotate_keys`.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::{
    digest,
    encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A key could not be drawn, or a signature not be made. Nothing a caller can mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library failed to make a key or a signature")]
pub(crate) struct SigningFailed;

impl From<aws_lc_rs::error::Unspecified> for SigningFailed {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

/// One RSA key pair and its name.
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pair: RsaKeyPair,
}

impl SigningKey {
    /// Draws a key. Takes a noticeable part of a second: never under the lock.
    pub(crate) fn generate() -> Result<Self, SigningFailed> {
        Ok(Self::named(RsaKeyPair::generate(KeySize::Rsa2048)?))
    }

    /// The key of all emulators of this process that have none of their own; drawn when the first one asks.
    pub(crate) fn shared() -> Result<Arc<Self>, SigningFailed> {
        static SHARED: OnceLock<Result<Arc<SigningKey>, SigningFailed>> = OnceLock::new();
        SHARED.get_or_init(|| Self::generate().map(Arc::new)).clone()
    }

    /// A key of an earlier run.
    pub(crate) fn from_pkcs8(key: &[u8]) -> Option<Self> {
        RsaKeyPair::from_pkcs8(key).ok().map(Self::named)
    }

    fn named(pair: RsaKeyPair) -> Self {
        let hash = digest::digest(&digest::SHA256, pair.public_key().as_ref());
        let number = hash.as_ref().iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        let digits = 100_000_000_000_000_000 + number % 900_000_000_000_000_000;
        Self { kid: format!("snk_{digits}"), pair }
    }

    /// RS256.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    }

    /// Whether this key made the signature.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref())
            .verify(message, signature)
            .is_ok()
    }

    /// The public half as an entry of the key set (scalekit-api §6).
    pub(crate) fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        json!({
            "use": "sig",
            "kty": "RSA",
            "kid": self.kid,
            "alg": "RS256",
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        })
    }

    /// The public half as PEM text: the "secret" of the classic HS256 confusion attack.
    pub(crate) fn public_pem(&self) -> Result<String, SigningFailed> {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der()?;
        let text = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        for (index, character) in text.chars().enumerate() {
            if index > 0 && index % 64 == 0 {
                pem.push('\n');
            }
            pem.push(character);
        }
        pem.push_str("\n-----END PUBLIC KEY-----\n");
        Ok(pem)
    }
}

/// The keys of one emulator.
pub(crate) struct KeyRing {
    current: Arc<SigningKey>,
    /// Published beside the current one, so that tokens of before a rotation still verify.
    published: Vec<Arc<SigningKey>>,
    /// No longer published; only logout hints are still checked with them.
    withdrawn: Vec<Arc<SigningKey>>,
    /// Never published: signs what a client must refuse.
    foreign: Option<Arc<SigningKey>>,
}

impl KeyRing {
    /// A ring with one key.
    pub(crate) fn new(key: Arc<SigningKey>) -> Self {
        Self { current: key, published: Vec::new(), withdrawn: Vec::new(), foreign: None }
    }

    /// The ring of an earlier run, the key that signs first; `None` without keys.
    pub(crate) fn of(keys: Vec<SigningKey>) -> Option<Self> {
        let mut keys = keys.into_iter().map(Arc::new);
        let current = keys.next()?;
        Some(Self { current, published: keys.rev().collect(), withdrawn: Vec::new(), foreign: None })
    }

    /// The published keys as PKCS #8, the key that signs first.
    pub(crate) fn to_pkcs8(&self) -> Vec<Vec<u8>> {
        let keys = std::iter::once(&self.current).chain(self.published.iter().rev());
        let as_der = |key: &Arc<SigningKey>| -> Option<Vec<u8>> {
            let der: Pkcs8V1Der<'_> = key.pair.as_der().ok()?;
            Some(der.as_ref().to_vec())
        };
        keys.filter_map(as_der).collect()
    }

    /// The key that signs.
    pub(crate) fn current(&self) -> &SigningKey {
        &self.current
    }

    /// Whether there is a key that no client can know.
    pub(crate) fn has_foreign(&self) -> bool {
        self.foreign.is_some()
    }

    /// Takes a key that no client can know.
    pub(crate) fn set_foreign(&mut self, key: SigningKey) {
        self.foreign = Some(Arc::new(key));
    }

    /// The key no client can know, drawn now if need be.
    pub(crate) fn foreign(&mut self) -> Result<Arc<SigningKey>, SigningFailed> {
        if let Some(key) = &self.foreign {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(SigningKey::generate()?);
        self.foreign = Some(Arc::clone(&key));
        Ok(key)
    }

    /// Signs with another key from now on. The old ones stay in the key set, or leave it at once.
    pub(crate) fn rotate(&mut self, key: SigningKey, keep_old: bool) {
        let old = std::mem::replace(&mut self.current, Arc::new(key));
        self.published.push(old);
        if !keep_old {
            self.withdrawn.append(&mut self.published);
        }
    }

    /// What `GET /keys` answers: the newest first.
    pub(crate) fn jwks(&self) -> Value {
        let keys = std::iter::once(&self.current).chain(self.published.iter().rev());
        json!({ "keys": keys.map(|key| key.jwk()).collect::<Vec<_>>() })
    }

    /// Whether any key this emulator ever had made the signature.
    pub(crate) fn ever_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        std::iter::once(&self.current)
            .chain(&self.published)
            .chain(&self.withdrawn)
            .any(|key| key.verifies(message, signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_keeps_or_withdraws_the_old_keys() {
        let mut ring = KeyRing::new(Arc::new(SigningKey::generate().unwrap()));
        let first = ring.current().kid.clone();
        let signature = ring.current().sign(b"text").unwrap();
        ring.rotate(SigningKey::generate().unwrap(), true);
        let kids = |ring: &KeyRing| -> Vec<String> {
            ring.jwks()["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().into()).collect()
        };
        assert_eq!(kids(&ring), [ring.current().kid.clone(), first]);
        ring.rotate(SigningKey::generate().unwrap(), false);
        assert_eq!(kids(&ring), [ring.current().kid.clone()]);
        assert!(ring.ever_signed(b"text", &signature));
        assert!(!ring.ever_signed(b"other text", &signature));
    }
}
