//! Secrets that protect nothing because anybody can know or guess them: examples out of documents and tests,
//! the emulator's, placeholders, keys that are no random bytes. Production refuses them.
//!
//! Not here: the forms that are refused everywhere (`KeyRing::parse`, `scalekit::Config`, `WebhookSecrets`).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};

/// The client secret of every emulator: like its client identifier a contract.
const EMULATOR_CLIENT_SECRET: &str = "test_emulator_secret";
/// The secret of every emulator's webhooks.
const EMULATOR_WEBHOOK_SECRET: &str = "whsec_c2NhbGVraXQtZW11bGF0b3Igd2ViaG9vayBzZWNyZXQ=";

/// In bytes; what Scalekit makes is longer.
const SHORTEST_CLIENT_SECRET: usize = 16;

/// What people write where a secret belongs. By chance, a random secret has none of these.
const PLACEHOLDERS: [&str; 8] = ["change", "example", "placeholder", "replace", "your-", "your_", "xxxx", "<"];

/// What is wrong with one of the keys, if production can't use it.
pub(super) fn of_session_secret(text: &SecretString) -> Option<String> {
    text.expose_secret().split(',').enumerate().find_map(|(index, encoded)| {
        let key = STANDARD.decode(encoded.trim()).ok()?;
        Some(format!("key {} {}", index + 1, why_not_random(&key)?))
    })
}

/// What is wrong with a client secret, if production can't use it.
pub(super) fn of_client_secret(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if text == EMULATOR_CLIENT_SECRET {
        Some("is the emulator's, which is for development only".to_owned())
    } else if PLACEHOLDERS.iter().any(|placeholder| lower.contains(placeholder)) {
        Some("is an example, not a secret".to_owned())
    } else if text.len() < SHORTEST_CLIENT_SECRET {
        Some(format!("has {} bytes, fewer than any real one: copy it again", text.len()))
    } else {
        None
    }
}

/// What is wrong with one of the webhook secrets, if production can't use it.
pub(super) fn of_webhook_secret(text: &str) -> Option<String> {
    text.split(',').map(str::trim).enumerate().find_map(|(index, secret)| {
        let number = index + 1;
        if secret == EMULATOR_WEBHOOK_SECRET {
            return Some(format!("number {number} is the emulator's, which is for development only"));
        }
        let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
        is_sequence(&key).then(|| format!("number {number} is an example, not a secret"))
    })
}

/// Why these bytes were not drawn at random; of 32 that were, one key in 10¹³ is thought to be none.
fn why_not_random(key: &[u8]) -> Option<&'static str> {
    let printable = |byte: &u8| (b' '..=b'~').contains(byte);
    let mut distinct = key.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if is_sequence(key) || distinct.len() < key.len() / 2 {
        Some("is an example, not a random key")
    } else if key.iter().all(printable) {
        Some("is text in base64, not 32 random bytes")
    } else {
        None
    }
}

/// Whether all steps between bytes are equal: `0, 0, 0 …`, `1, 2, 3 …`, `9, 7, 5 …`.
fn is_sequence(key: &[u8]) -> bool {
    let mut steps = key.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    steps.next().is_none_or(|first| steps.all(|step| step == first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session_secret(key: &[u8]) -> Option<String> {
        of_session_secret(&SecretString::from(STANDARD.encode(key)))
    }

    #[test]
    fn keys_that_nobody_drew_at_random_are_named() {
        let example = Some("key 1 is an example, not a random key".to_owned());
        assert_eq!(session_secret(&[7; 32]), example);
        assert_eq!(session_secret(&(0..32).collect::<Vec<u8>>()), example);
        assert_eq!(session_secret(&(0x20..0x40).collect::<Vec<u8>>()), example);
        assert_eq!(session_secret(&(0..32).rev().collect::<Vec<u8>>()), example);
        assert_eq!(session_secret(b"changemechangemechangemechangeme"), example);
        assert_eq!(
            session_secret(b"Correct-Horse_Battery!Staple 0176"),
            Some("key 1 is text in base64, not 32 random bytes".to_owned())
        );
    }

    #[test]
    fn random_keys_are_none_of_these() {
        for _ in 0..10_000 {
            let mut key = [0; 32];
            aws_lc_rs::rand::fill(&mut key).unwrap();
            assert_eq!(session_secret(&key), None, "{key:?}");
        }
    }

    #[test]
    fn the_key_is_named_by_its_number() {
        let mut random = [0; 32];
        aws_lc_rs::rand::fill(&mut random).unwrap();
        let text = format!("{},{}", STANDARD.encode(random), STANDARD.encode([7; 32]));
        assert!(of_session_secret(&SecretString::from(text)).unwrap().starts_with("key 2 "));
    }

    #[test]
    fn client_secrets_that_are_short_or_examples_are_named() {
        for (secret, why) in [
            ("test_emulator_secret", "is the emulator's, which is for development only"),
            ("<client-secret-of-scalekit>", "is an example, not a secret"),
            ("YOUR_SCALEKIT_CLIENT_SECRET", "is an example, not a secret"),
            ("live_abc", "has 8 bytes, fewer than any real one: copy it again"),
        ] {
            assert_eq!(of_client_secret(secret).as_deref(), Some(why), "{secret}");
        }
        assert_eq!(of_client_secret("live_q7Jw2mZr8Kx4Pd6N"), None);
    }
}
