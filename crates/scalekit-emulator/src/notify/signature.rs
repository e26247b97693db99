//! Webhook signatures (Standard Webhooks, scalekit-api §14).
//!
//! What for: an app can tell that the emulator sent it, and when.
//! Not here: sending (`courier`).
//! Called by: `courier`, `Control::webhook`.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;

/// The secret apps verify webhooks with: `whsec_` and 32 bytes in base64. No secret at all: it opens nothing
/// but an app that listens to an emulator on a loopback address.
pub const WEBHOOK_SECRET: &str = "whsec_c2NhbGVraXQtZW11bGF0b3Igd2ViaG9vayBzZWNyZXQ=";

/// What the secret stands for.
const KEY: &[u8; 32] = b"scalekit-emulator webhook secret";

/// A webhook, signed and ready to be posted: three headers and a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedWebhook {
    /// The header `webhook-id`.
    pub id: String,
    /// The header `webhook-timestamp`: seconds since the epoch by the emulator's clock.
    pub timestamp: i64,
    /// The header `webhook-signature`: `v1,` and base64.
    pub signature: String,
    /// The body, to be sent as it stands.
    pub body: String,
}

/// Signs `{id}.{timestamp}.{body}`.
pub(crate) fn sign(id: &str, timestamp: i64, body: &str) -> SignedWebhook {
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY);
    let tag = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    SignedWebhook {
        id: id.to_owned(),
        timestamp,
        signature: format!("v1,{}", STANDARD.encode(tag)),
        body: body.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_the_key_in_base64() {
        let (prefix, encoded) = WEBHOOK_SECRET.split_once('_').unwrap();
        assert_eq!((prefix, STANDARD.decode(encoded).unwrap().as_slice()), ("whsec", &KEY[..]));
    }
}
