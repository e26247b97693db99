//! Verifies webhooks and reads their events (Standard Webhooks 1.0.0; docs "Implement webhooks"). Pure.
//!
//! Not here: receiving the request, which needs the body byte for byte and each header once, and limits the
//! body's size; refusing a webhook that was handled before, which needs a store. Called by the application's
//! webhook route.
//!
//! ```text
//! WebhookSecrets::parse          → WebhookSecrets     once, at start-up
//! WebhookSecrets::verify         → Webhook            signature and time are checked, the event is read
//! ```

mod event;
mod secrets;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use event::{Event, EventKind, MembershipEvent, OrganizationEvent, SessionEvent};
pub use secrets::{WebhookSecretError, WebhookSecretProblem, WebhookSecrets};

/// What the request says about the webhook, in the headers' own words.
#[derive(Clone, Copy, Debug)]
pub struct WebhookHeaders<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`.
    pub timestamp: &'a str,
    /// `webhook-signature`.
    pub signature: &'a str,
}

/// A verified webhook: somebody who knows one of the secrets sent it, unchanged and not long ago.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Webhook {
    /// The same however often this webhook is sent (retries, and replays within the tolerance): handle each
    /// once. 1 to 255 visible ASCII characters.
    pub id: String,
    /// When this attempt was sent, in seconds since 1970. Remember `id` until 5 minutes after it, at least.
    pub sent_at: i64,
    /// What happened.
    pub event: Event,
}

/// Why a webhook is not believed. Holds no secret, no header and nothing of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The header is missing or empty.
    #[error("the header `{0}` is missing")]
    MissingHeader(&'static str),
    /// `webhook-id` has more than 255 bytes or other than visible ASCII, or `webhook-timestamp` is no whole
    /// number.
    #[error("the header `{0}` is malformed")]
    MalformedHeader(&'static str),
    /// Sent more than 5 minutes ago.
    #[error("the webhook was sent too long ago")]
    TooOld,
    /// Sent more than 5 minutes from now.
    #[error("the webhook was sent in the future")]
    TooNew,
    /// There is no `v1` signature, the only kind that Scalekit's secrets are for.
    #[error("there is no v1 signature")]
    NoV1Signature,
    /// No signature belongs to this webhook under any of the secrets.
    #[error("no signature matches")]
    NoMatch,
    /// The body is genuine and not JSON.
    #[error("the body is not JSON")]
    NotJson,
    /// The body is genuine and lacks what every event has.
    #[error("the event has no `{0}`")]
    MissingMember(&'static str),
}

/// In seconds, both ways, the border included (the reference implementations' choice).
const TOLERANCE: i64 = 300;
/// In bytes, and our choice: the application may have to store it. Real ones have about 30.
const MAX_ID: usize = 255;
/// How many signatures are looked at. One for each secret in use; more is somebody's attempt to keep us busy.
const MAX_SIGNATURES: usize = 16;

impl WebhookSecrets {
    /// Checks time and signature of a webhook and reads its event. `body` is the body as it was received, not
    /// parsed and written again; `now` in seconds since 1970.
    ///
    /// # Errors
    ///
    /// See [`WebhookError`]. Answer 400 and do nothing. Scalekit then tries again, which is right for a
    /// secret that isn't known here yet.
    pub fn verify(&self, headers: &WebhookHeaders<'_>, body: &[u8], now: i64) -> Result<Webhook, WebhookError> {
        let id = check_id(headers.id)?;
        let sent_at = check_timestamp(headers.timestamp, now)?;
        self.check_signatures(headers, body)?;
        Ok(Webhook { id: id.to_owned(), sent_at, event: Event::read(body)? })
    }

    /// "Signature scheme" and "Verifying signatures": HMAC-SHA256 over `{id}.{timestamp}.{body}`.
    ///
    /// An `id` with a full stop makes that text no less unique: the timestamp is digits only and the body
    /// must be a JSON object, so that the borders between the three can be nowhere else.
    fn check_signatures(&self, headers: &WebhookHeaders<'_>, body: &[u8]) -> Result<(), WebhookError> {
        let listed: Vec<&str> = headers.signature.split_ascii_whitespace().take(MAX_SIGNATURES).collect();
        if listed.is_empty() {
            return Err(WebhookError::MissingHeader("webhook-signature"));
        }
        let encoded: Vec<&str> = listed.iter().filter_map(|signature| signature.strip_prefix("v1,")).collect();
        if encoded.is_empty() {
            return Err(WebhookError::NoV1Signature);
        }
        let signatures: Vec<Vec<u8>> = encoded.iter().filter_map(|text| STANDARD.decode(text).ok()).collect();

        let parts = [headers.id.as_bytes(), b".", headers.timestamp.as_bytes(), b".", body];
        let mut matches = false;
        for tag in self.tags(&parts) {
            for signature in &signatures {
                // No early end: how long it takes must not tell which secret or signature fits.
                matches |= verify_slices_are_equal(signature, tag.as_ref()).is_ok();
            }
        }
        if matches { Ok(()) } else { Err(WebhookError::NoMatch) }
    }
}

fn check_id(id: &str) -> Result<&str, WebhookError> {
    if id.is_empty() {
        return Err(WebhookError::MissingHeader("webhook-id"));
    }
    let fits = id.len() <= MAX_ID && id.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(id) } else { Err(WebhookError::MalformedHeader("webhook-id")) }
}

fn check_timestamp(timestamp: &str, now: i64) -> Result<i64, WebhookError> {
    if timestamp.is_empty() {
        return Err(WebhookError::MissingHeader("webhook-timestamp"));
    }
    // `parse` alone would take a sign.
    let digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let sent_at: i64 =
        timestamp.parse().ok().filter(|_| digits).ok_or(WebhookError::MalformedHeader("webhook-timestamp"))?;
    if sent_at < now.saturating_sub(TOLERANCE) {
        Err(WebhookError::TooOld)
    } else if sent_at > now.saturating_add(TOLERANCE) {
        Err(WebhookError::TooNew)
    } else {
        Ok(sent_at)
    }
}

#[cfg(test)]
mod tests;
