//! An issuer of tokens with a key of its own, made anew in each process: no private key lies in the
//! repository.

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use scalekit::{Config, KeySet};
use secrecy::SecretString;
use serde_json::{Value, json};

/// What every clock shows.
pub(crate) const NOW: i64 = 1_700_000_000;
pub(crate) const ISSUER: &str = "https://acme.scalekit.dev";
pub(crate) const CLIENT: &str = "skc_1";
pub(crate) const HEADER: &str = r#"{"alg":"RS256","kid":"snk_1","typ":"JWT"}"#;

pub(crate) static SIGNER: LazyLock<Signer> = LazyLock::new(Signer::generate);

pub(crate) struct Signer {
    pair: KeyPair,
    pub(crate) keys: KeySet,
    pub(crate) config: Config,
}

impl Signer {
    fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let keys = KeySet::parse(json!({ "keys": [jwk(&pair)] }).to_string().as_bytes()).unwrap();
        let config = Config::new(ISSUER, CLIENT, SecretString::from("test_secret".to_owned())).unwrap();
        Self { pair, keys, config }
    }

    /// The public key, as a key set holds it.
    pub(crate) fn jwk(&self) -> Value {
        jwk(&self.pair)
    }

    /// A token with any header and payload, signed RS256 whatever the header says.
    pub(crate) fn sign(&self, header: &[u8], payload: &[u8]) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn jwk(pair: &KeyPair) -> Value {
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let public = pair.public_key();
    json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "snk_1",
        "n": number(public.modulus().big_endian_without_leading_zero()),
        "e": number(public.exponent().big_endian_without_leading_zero()),
    })
}

/// The payload of a token that was accepted, read by another reader than the one that accepted it.
pub(crate) fn payload(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Whether an audience names our client and nobody else.
pub(crate) fn names_only_us(audience: &Value) -> bool {
    match audience {
        Value::String(one) => one == CLIENT,
        Value::Array(all) => !all.is_empty() && all.iter().all(|one| one == CLIENT),
        _ => false,
    }
}

/// Whether an audience is us, alone or beside others.
pub(crate) fn names_us(audience: &Value) -> bool {
    match audience {
        Value::Array(all) => all.iter().any(|one| one == CLIENT),
        one => one == CLIENT,
    }
}
