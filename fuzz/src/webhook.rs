//! Webhooks: whatever is accepted was signed with one of the secrets, byte for byte, not long ago; a genuine
//! one is accepted.
//!
//! Input: a mode and a body. `0`: identifier, time and signatures, one a line, then the webhook's body, by
//! somebody without the secrets. `1`: changes to a genuine webhook. `2`: where to cut the signed text of a
//! genuine one into identifier, time and body anew. Else: the body of a genuine one.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use scalekit::{Webhook, WebhookError, WebhookHeaders, WebhookSecrets};
use serde_json::Value;

use super::{
    edits::{edited, first_line},
    signer::NOW,
};

const KEYS: [&[u8; 32]; 2] = [b"the new key of this property, 32", b"the old key of this property, 32"];
const ID: &str = "msg_1.a";
const BODY: &[u8] =
    br#"{"id":"evt_1.2","type":"user.logout","data":{"user":{"id":"usr_1"},"user_session":{"session_id":"ses_1"}}}"#;

static SECRETS: LazyLock<WebhookSecrets> = LazyLock::new(|| {
    let secrets = KEYS.map(|key| format!("whsec_{}", STANDARD.encode(key)));
    WebhookSecrets::parse(&secrets.join(",")).unwrap()
});

/// The property.
pub fn check(input: &[u8]) {
    let Some((mode, rest)) = input.split_first() else { return };
    match mode {
        b'0' => {
            let (id, rest) = first_line(rest);
            let (timestamp, rest) = first_line(rest);
            let (signature, body) = first_line(rest);
            let [id, timestamp, signature] = [id, timestamp, signature].map(String::from_utf8_lossy);
            // Nobody without the secrets can sign, unless by breaking HMAC.
            assert!(receive(&id, &timestamp, &signature, body).is_err(), "a webhook that nobody signed is accepted");
        }
        b'1' => {
            let genuine = signed_text(ID, &NOW.to_string(), BODY);
            let changed = edited(&genuine, rest);
            for cut in cuts(&changed) {
                let accepted = receive_cut(&changed, cut, &signature(&genuine));
                assert!(accepted.is_err() || changed == genuine, "a changed webhook is accepted");
            }
        }
        b'2' => {
            let (id, body) = first_line(rest);
            let id = String::from_utf8_lossy(id);
            let genuine = signed_text(&id, &NOW.to_string(), body);
            // Scalekit signs nothing but JSON objects. Another body could begin with what looks like a time.
            let is_object = serde_json::from_slice::<Value>(body).is_ok_and(|event| event.is_object());
            for cut in cuts(&genuine).into_iter().filter(|_| is_object) {
                if let Ok(webhook) = receive_cut(&genuine, cut, &signature(&genuine)) {
                    let again = (webhook.id.as_str(), webhook.sent_at, &genuine[cut.1 + 1..]);
                    assert_eq!(again, (&*id, NOW, body), "one signature is good for two webhooks");
                }
            }
        }
        _ => {
            let timestamp = NOW.to_string();
            let signature = signature(&signed_text(ID, &timestamp, rest));
            let answer = receive(ID, &timestamp, &signature, rest);
            let event: Value = serde_json::from_slice(rest).unwrap_or_default();
            let named = |name: &str| event[name].as_str().is_some_and(|text| !text.is_empty());
            assert_eq!(answer.is_ok(), named("id") && named("type"), "{answer:?}");
            if let Ok(webhook) = answer {
                assert_eq!((webhook.id.as_str(), webhook.sent_at), (ID, NOW));
                assert_eq!((&event["id"], &event["type"]), (&webhook.event.id.into(), &event["type"]));
            }
            // Another spelling of the same time, and one that is no time.
            for timestamp in [format!("+{timestamp}"), format!("{timestamp}.0"), format!(" {timestamp}")] {
                let signature = self::signature(&signed_text(ID, &timestamp, rest));
                assert!(receive(ID, &timestamp, &signature, rest).is_err(), "{timestamp} is a time");
            }
            // Later and earlier than the tolerance.
            for now in [NOW - 301, NOW + 301] {
                let headers = WebhookHeaders { id: ID, timestamp: &timestamp, signature: &signature };
                assert!(SECRETS.verify(&headers, rest, now).is_err(), "accepted at another time");
            }
        }
    }
}

fn receive(id: &str, timestamp: &str, signature: &str, body: &[u8]) -> Result<Webhook, WebhookError> {
    SECRETS.verify(&WebhookHeaders { id, timestamp, signature }, body, NOW)
}

fn signed_text(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

/// By the older key, as while a secret is being replaced.
fn signature(text: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, KEYS[1]), text);
    format!("v1,{}", STANDARD.encode(tag))
}

/// Every pair of full stops: where the text may be cut into three.
fn cuts(text: &[u8]) -> Vec<(usize, usize)> {
    let stops: Vec<usize> =
        text.iter().enumerate().filter(|(_, byte)| **byte == b'.').map(|(at, _)| at).take(12).collect();
    let pairs = |first: &usize| {
        stops.iter().filter(|second| *second > first).map(|second| (*first, *second)).collect::<Vec<_>>()
    };
    stops.iter().flat_map(pairs).collect()
}

fn receive_cut(text: &[u8], cut: (usize, usize), signature: &str) -> Result<Webhook, WebhookError> {
    let id = String::from_utf8_lossy(&text[..cut.0]);
    let timestamp = String::from_utf8_lossy(&text[cut.0 + 1..cut.1]);
    receive(&id, &timestamp, signature, &text[cut.1 + 1..])
}
