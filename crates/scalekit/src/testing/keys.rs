//! RSA keys made once per test run, and tokens signed with them.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaEncoding};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::keys::KeySet;

pub(crate) static KEY_A: LazyLock<TestKey> = LazyLock::new(|| TestKey::generate("snk_a"));
pub(crate) static KEY_B: LazyLock<TestKey> = LazyLock::new(|| TestKey::generate("snk_b"));

pub(crate) struct TestKey {
    pair: KeyPair,
    kid: &'static str,
}

impl TestKey {
    fn generate(kid: &'static str) -> Self {
        Self { pair: KeyPair::generate(KeySize::Rsa2048).unwrap(), kid }
    }

    pub(crate) fn kid(&self) -> &'static str {
        self.kid
    }

    pub(crate) fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
            "n": encode(public.modulus().big_endian_without_leading_zero()),
            "e": encode(public.exponent().big_endian_without_leading_zero()),
        })
    }

    /// The key set with this key alone.
    pub(crate) fn set(&self) -> KeySet {
        KeySet::parse(json!({ "keys": [self.jwk()] }).to_string().as_bytes()).unwrap()
    }

    /// A token as Scalekit makes it.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_raw(&json!({ "alg": "RS256", "kid": self.kid, "typ": "JWT" }).to_string(), &claims.to_string())
    }

    /// A token with any header and payload, signed RS256 whatever the header says.
    pub(crate) fn sign_raw(&self, header: &str, payload: &str) -> String {
        self.sign_with(&RSA_PKCS1_SHA256, header, payload)
    }

    pub(crate) fn sign_with(&self, algorithm: &'static dyn RsaEncoding, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(algorithm, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
