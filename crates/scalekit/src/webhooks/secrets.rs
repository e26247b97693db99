//! The secrets that webhooks are signed with ("Signature scheme" of Standard Webhooks).
//!
//! Not here: comparing signatures (`mod.rs`). Called by the application's settings, once, at start-up.

use std::fmt;

use aws_lc_rs::hmac;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use secrecy::{ExposeSecret, SecretSlice};

/// One or more secrets, all of them accepted: while a secret is being replaced there are two.
#[derive(Clone)]
pub struct WebhookSecrets(Vec<SecretSlice<u8>>);

/// Which secret can't be used, and why. Never repeats the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("webhook secret number {} {why}", .index + 1)]
#[non_exhaustive]
pub struct WebhookSecretError {
    /// Its place in the list, counted from 0.
    pub index: usize,
    /// What is wrong with it.
    pub why: WebhookSecretProblem,
}

/// Why a webhook secret can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookSecretProblem {
    /// Nothing there: no secret at all, or a comma too many.
    #[error("is empty")]
    Empty,
    /// It does not begin with `whsec_`: a client secret, perhaps, or the key of another signature scheme.
    #[error("does not begin with whsec_")]
    Prefix,
    /// What follows the prefix is not base64.
    #[error("is not base64")]
    NotBase64,
    /// Fewer than 24 bytes.
    #[error("has fewer than 24 bytes")]
    TooShort,
    /// More than 64 bytes.
    #[error("has more than 64 bytes")]
    TooLong,
    /// The same byte over and over.
    #[error("is an example, not a secret")]
    Example,
}

/// In bytes ("at least 24 bytes (192 bits, 512 maximum)").
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// Some senders leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl WebhookSecrets {
    /// Reads `whsec_…`, or several of them with commas between; spaces around each are ignored.
    ///
    /// # Errors
    ///
    /// The first secret that can't be used: it would refuse every webhook, or protect nothing.
    pub fn parse(text: &str) -> Result<Self, WebhookSecretError> {
        let parse = |(index, secret)| parse_one(secret).map_err(|why| WebhookSecretError { index, why });
        text.split(',').enumerate().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// The code of the message made of `parts`, under each secret.
    pub(super) fn tags(&self, parts: &[&[u8]]) -> Vec<hmac::Tag> {
        let tag = |secret: &SecretSlice<u8>| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret());
            let mut context = hmac::Context::with_key(&key);
            for part in parts {
                context.update(part);
            }
            context.sign()
        };
        self.0.iter().map(tag).collect()
    }
}

fn parse_one(secret: &str) -> Result<SecretSlice<u8>, WebhookSecretProblem> {
    let secret = secret.trim();
    if secret.is_empty() {
        return Err(WebhookSecretProblem::Empty);
    }
    let encoded = secret.strip_prefix("whsec_").ok_or(WebhookSecretProblem::Prefix)?;
    let bytes = SecretSlice::from(BASE64.decode(encoded).map_err(|_| WebhookSecretProblem::NotBase64)?);
    match bytes.expose_secret() {
        key if key.len() < *LENGTHS.start() => Err(WebhookSecretProblem::TooShort),
        key if key.len() > *LENGTHS.end() => Err(WebhookSecretProblem::TooLong),
        key if key.windows(2).all(|pair| pair.first() == pair.last()) => Err(WebhookSecretProblem::Example),
        _ => Ok(bytes),
    }
}

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookSecrets({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    fn secret(length: u8) -> String {
        format!("whsec_{}", STANDARD.encode((0..length).collect::<Vec<_>>()))
    }

    fn problem(text: &str) -> (usize, WebhookSecretProblem) {
        let error = WebhookSecrets::parse(text).unwrap_err();
        (error.index, error.why)
    }

    #[test]
    fn one_or_more_secrets_are_read_with_or_without_padding() {
        for (text, count) in [
            (secret(24), 1),
            (secret(64), 1),
            (format!(" {} ,\n{}", secret(32), secret(25)), 2),
            (format!("whsec_{}", STANDARD_NO_PAD.encode((0..25).collect::<Vec<_>>())), 1),
        ] {
            let secrets = WebhookSecrets::parse(&text).unwrap();
            assert_eq!(format!("{secrets:?}"), format!("WebhookSecrets({count})"));
        }
    }

    #[test]
    fn an_unusable_secret_is_refused_by_its_place() {
        let good = secret(32);
        let example = format!("whsec_{}", STANDARD.encode([7; 32]));
        for (text, index, why) in [
            (String::new(), 0, WebhookSecretProblem::Empty),
            (format!("{good},"), 1, WebhookSecretProblem::Empty),
            (format!("{good}, ,{good}"), 1, WebhookSecretProblem::Empty),
            ("test_c2VjcmV0".to_owned(), 0, WebhookSecretProblem::Prefix),
            (good.replace("whsec_", "whpk_"), 0, WebhookSecretProblem::Prefix),
            (good.replace("whsec_", ""), 0, WebhookSecretProblem::Prefix),
            (format!("{good},whsec_not base64!"), 1, WebhookSecretProblem::NotBase64),
            ("whsec_".to_owned(), 0, WebhookSecretProblem::TooShort),
            (secret(23), 0, WebhookSecretProblem::TooShort),
            (secret(65), 0, WebhookSecretProblem::TooLong),
            (format!("{good},{example}"), 1, WebhookSecretProblem::Example),
        ] {
            assert_eq!(problem(&text), (index, why), "{text}");
        }
    }

    #[test]
    fn the_message_counts_from_one_and_repeats_nothing() {
        let error = WebhookSecrets::parse(&format!("{},whsec_c2VzYW1l", secret(24))).unwrap_err();
        assert_eq!(error.to_string(), "webhook secret number 2 has fewer than 24 bytes");
        assert!(!format!("{error:?}").contains("c2Vz"));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "(?s).{0,100}", encoded in "(whsec_[A-Za-z0-9+/=]{0,100},?){0,3}") {
            let _ = WebhookSecrets::parse(&text);
            let _ = WebhookSecrets::parse(&encoded);
        }
    }
}
