//! The key ring that encrypts what leaves the process: session records and login attempts.
//!
//! AES-256-GCM with a random 96-bit nonce. The newest key writes, all keys read. Every sealed text is bound
//! to its purpose and location by associated data, so that none can be moved to another row or used as
//! something else. Layout: version (1 byte), key name (4), nonce (12), ciphertext and tag.
//!
//! A key of the ring seals nothing itself: records and login attempts have keys of their own, derived from it
//! by HKDF (RFC 5869). Earlier releases sealed with the key itself (version 1); what they wrote still opens.
//!
//! A key's name is a short hash of it. Earlier releases hashed the application's name along, so keys can be
//! asked for by those names too: what was sealed under one opens, and is sealed anew when it is used.

use std::ops::Deref;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey},
    digest, hkdf,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};

/// Sealed with a derived key.
const VERSION: u8 = 2;
/// Sealed with the ring's key itself.
const VERSION_WITHOUT_DERIVATION: u8 = 1;

/// Not secret, and fixed: the keys it salts are random already (RFC 5869, section 3.1). Not the project's
/// name, which may change.
const SALT: &[u8] = b"SESSION_SECRET";
/// Whose names of keys these are. Not the application's, which may change: it would not know its own keys any
/// more.
const NAMING: &str = "scalekit-sessions";
const KEY_LENGTH: usize = 32;
const NAME_LENGTH: usize = 4;
const NONCE_LENGTH: usize = 12;
const HEADER_LENGTH: usize = 1 + NAME_LENGTH + NONCE_LENGTH;

/// What a sealed text is: part of the associated data, so that one kind never opens as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The part of a session that every request needs.
    SessionClaims,
    /// The tokens of a session.
    SessionTokens,
    /// A login attempt, in its cookie.
    LoginAttempt,
    /// Something of the application's own.
    App(&'static str),
}

/// One or more keys, newest first. Cheap to clone; prints nothing.
#[derive(Clone)]
pub struct KeyRing {
    keys: std::sync::Arc<[RingKey]>,
}

type KeyName = [u8; NAME_LENGTH];

struct RingKey {
    name: KeyName,
    /// What earlier releases called it.
    former_names: Vec<KeyName>,
    records: RandomizedNonceKey,
    attempts: RandomizedNonceKey,
    /// The key itself, for what earlier releases sealed.
    underived: RandomizedNonceKey,
    /// What further keys are derived from.
    source: hkdf::Prk,
}

/// A secret is not a usable key ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// A key is not base64.
    #[error("key {0} is not base64")]
    NotBase64(usize),
    /// A key has another length than 32 bytes.
    #[error("key {0} has {1} bytes; each key must have 32")]
    WrongLength(usize, usize),
    /// A key is a repeated byte: an example, not a secret.
    #[error("key {0} is an example, not a random key")]
    NotRandom(usize),
}

/// A text could not be sealed: the cipher refused, or there is no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text could not be sealed")]
pub struct SealError;

impl KeyRing {
    /// Reads a secret: base64 keys of 32 bytes, comma-separated, newest first.
    ///
    /// # Errors
    /// Which key (counted from 1) is wrong, and why.
    pub fn parse(text: &SecretString) -> Result<Self, KeyRingError> {
        Self::parse_with_former_names(text, &[])
    }

    /// The same, for an application that has sealed with these keys before this crate named them: under each
    /// of `applications`, the names that it has had.
    ///
    /// # Errors
    /// Which key (counted from 1) is wrong, and why.
    pub fn parse_with_former_names(text: &SecretString, applications: &[&str]) -> Result<Self, KeyRingError> {
        let keys = text.expose_secret().split(',').enumerate().map(|(index, encoded)| {
            let bytes = STANDARD.decode(encoded.trim()).map_err(|_| KeyRingError::NotBase64(index + 1))?;
            let bytes: [u8; KEY_LENGTH] =
                bytes.try_into().map_err(|bytes: Vec<u8>| KeyRingError::WrongLength(index + 1, bytes.len()))?;
            if bytes.iter().all(|byte| *byte == bytes[0]) {
                return Err(KeyRingError::NotRandom(index + 1));
            }
            RingKey::new(&bytes, applications).ok_or(KeyRingError::WrongLength(index + 1, bytes.len()))
        });
        Ok(Self { keys: keys.collect::<Result<Vec<_>, _>>()?.into() })
    }

    /// Encrypts `plaintext` with the newest key, bound to `purpose` and `location`.
    ///
    /// # Errors
    /// [`SealError`] if there is no randomness for the nonce.
    pub fn seal(&self, purpose: Purpose, location: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let newest = self.keys.first().ok_or(SealError)?;
        let mut sealed = plaintext.to_vec();
        let nonce = newest
            .derived(purpose)
            .ok_or(SealError)?
            .seal_in_place_append_tag(Aad::from(associated_data(purpose, location)), &mut sealed)
            .map_err(|_| SealError)?;
        let mut text = Vec::with_capacity(HEADER_LENGTH + sealed.len());
        text.push(VERSION);
        text.extend_from_slice(&newest.name);
        text.extend_from_slice(nonce.as_ref());
        text.extend_from_slice(&sealed);
        Ok(text)
    }

    /// Decrypts what [`KeyRing::seal`] made for the same purpose and location with a key that is still in the
    /// ring. `None` for everything else: foreign, moved, cut or changed.
    #[must_use]
    pub fn open(&self, purpose: Purpose, location: &[u8], text: &[u8]) -> Option<Vec<u8>> {
        let (header, sealed) = text.split_at_checked(HEADER_LENGTH)?;
        let (version, header) = header.split_first()?;
        let (name, nonce) = header.split_at_checked(NAME_LENGTH)?;
        if !matches!(*version, VERSION | VERSION_WITHOUT_DERIVATION) {
            return None;
        }
        let nonce: [u8; NONCE_LENGTH] = nonce.try_into().ok()?;
        // Two keys may share a name by chance; the tag decides.
        self.keys.iter().filter(|key| key.is_named(name)).find_map(|key| {
            let mut buffer = sealed.to_vec();
            let aad = Aad::from(associated_data(purpose, location));
            let nonce = Nonce::assume_unique_for_key(nonce);
            let plaintext = match key.derived(purpose)? {
                _ if *version == VERSION_WITHOUT_DERIVATION => key.underived.open_in_place(nonce, aad, &mut buffer),
                derived => derived.open_in_place(nonce, aad, &mut buffer),
            }
            .ok()?;
            Some(plaintext.to_vec())
        })
    }
}

impl KeyRing {
    /// Whether this text was sealed as it would be now: with the newest key, by the version and the key's
    /// name in its header.
    #[must_use]
    pub fn is_newest(&self, text: &[u8]) -> bool {
        self.keys.first().is_some_and(|newest| {
            text.first() == Some(&VERSION) && text.get(1..=NAME_LENGTH) == Some(newest.name.as_slice())
        })
    }
}

impl RingKey {
    fn new(bytes: &[u8; KEY_LENGTH], applications: &[&str]) -> Option<Self> {
        let source = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(bytes);
        Some(Self {
            name: key_name(NAMING, bytes),
            former_names: applications.iter().map(|application| key_name(application, bytes)).collect(),
            records: derive(&source, &[b"session records"])?,
            attempts: derive(&source, &[b"login attempts"])?,
            underived: RandomizedNonceKey::new(&AES_256_GCM, bytes).ok()?,
            source,
        })
    }

    fn is_named(&self, name: &[u8]) -> bool {
        self.name == *name || self.former_names.iter().any(|former| former == name)
    }

    /// The key for one purpose. `None` only if the cipher refuses.
    fn derived(&self, purpose: Purpose) -> Option<DerivedKey<'_>> {
        Some(match purpose {
            Purpose::SessionClaims | Purpose::SessionTokens => DerivedKey::Kept(&self.records),
            Purpose::LoginAttempt => DerivedKey::Kept(&self.attempts),
            Purpose::App(kind) => DerivedKey::Made(derive(&self.source, &[b"application\0", kind.as_bytes()])?),
        })
    }
}

/// A key of the ring's, or one made for a purpose of the application's.
enum DerivedKey<'a> {
    Kept(&'a RandomizedNonceKey),
    Made(RandomizedNonceKey),
}

impl Deref for DerivedKey<'_> {
    type Target = RandomizedNonceKey;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Kept(key) => key,
            Self::Made(key) => key,
        }
    }
}

/// What somebody calls this key.
fn key_name(naming: &str, bytes: &[u8; KEY_LENGTH]) -> KeyName {
    let mut name = [0; NAME_LENGTH];
    let labelled = [naming.as_bytes(), b" key name", bytes].concat();
    name.copy_from_slice(&digest::digest(&digest::SHA256, &labelled).as_ref()[..NAME_LENGTH]);
    name
}

/// The key for one use of a key of the ring.
fn derive(source: &hkdf::Prk, of: &[&[u8]]) -> Option<RandomizedNonceKey> {
    let mut key = [0; KEY_LENGTH];
    source.expand(of, hkdf::HKDF_SHA256).ok()?.fill(&mut key).ok()?;
    RandomizedNonceKey::new(&AES_256_GCM, &key).ok()
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "KeyRing({} keys)", self.keys.len())
    }
}

fn associated_data(purpose: Purpose, location: &[u8]) -> Vec<u8> {
    let (label, kind) = match purpose {
        Purpose::SessionClaims => ("session claims\0", ""),
        Purpose::SessionTokens => ("session tokens\0", ""),
        Purpose::LoginAttempt => ("login attempt\0", ""),
        Purpose::App(kind) => ("application\0", kind),
    };
    let end: &[u8] = if kind.is_empty() { b"" } else { b"\0" };
    [label.as_bytes(), kind.as_bytes(), end, location].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ring(keys: &[u8]) -> KeyRing {
        let encoded: Vec<String> = keys
            .iter()
            .map(|seed| {
                let mut key = [*seed; KEY_LENGTH];
                key[0] = seed.wrapping_add(1);
                STANDARD.encode(key)
            })
            .collect();
        KeyRing::parse(&SecretString::from(encoded.join(","))).unwrap()
    }

    #[test]
    fn a_text_opens_only_for_its_purpose_and_place() {
        let ring = ring(&[1]);
        let sealed = ring.seal(Purpose::SessionTokens, b"row 1", b"secret").unwrap();
        assert_eq!(ring.open(Purpose::SessionTokens, b"row 1", &sealed).as_deref(), Some(b"secret".as_slice()));
        assert_eq!(ring.open(Purpose::SessionTokens, b"row 2", &sealed), None);
        assert_eq!(ring.open(Purpose::SessionClaims, b"row 1", &sealed), None);
        assert_eq!(ring.open(Purpose::LoginAttempt, b"row 1", &sealed), None);
        let own = ring.seal(Purpose::App("invitation"), b"row 1", b"secret").unwrap();
        assert_eq!(ring.open(Purpose::App("invitation"), b"row 1", &own).as_deref(), Some(b"secret".as_slice()));
        assert_eq!(ring.open(Purpose::App("invite"), b"row 1", &own), None);
        assert_eq!(ring.open(Purpose::SessionTokens, b"row 1", &own), None);
    }

    #[test]
    fn after_a_rotation_old_texts_open_and_new_ones_use_the_new_key() {
        let (old, both, new) = (ring(&[1]), ring(&[2, 1]), ring(&[2]));
        let written_before = old.seal(Purpose::SessionClaims, b"row", b"text").unwrap();
        assert!(both.open(Purpose::SessionClaims, b"row", &written_before).is_some());
        let written_after = both.seal(Purpose::SessionClaims, b"row", b"text").unwrap();
        assert!(new.open(Purpose::SessionClaims, b"row", &written_after).is_some());
        assert!(old.open(Purpose::SessionClaims, b"row", &written_after).is_none());
        assert!(new.open(Purpose::SessionClaims, b"row", &written_before).is_none());
        assert!(both.is_newest(&written_after) && !both.is_newest(&written_before) && !both.is_newest(b""));
    }

    const BEFORE_CLAIMS: &str = "AXPRVg8AAQIDBAUGBwgJCgszZ65vUEsUfqC//LcT/uQE7/PDYQ==";
    const NOW_CLAIMS: &str = "Akfku6kAAQIDBAUGBwgJCgsEdHEZAlBpEhj//J1cqHKLR9skiQ==";
    const NAMED_CLAIMS: &str = "AnPRVg8AAQIDBAUGBwgJCgsEdHEZAlBpEhj//J1cqHKLR9skiQ==";
    const BEFORE_ATTEMPT: &str = "AXPRVg8AAQIDBAUGBwgJCgszZ65vyCUaae2oFAX9eNfiYi4t4Q==";
    const NOW_ATTEMPT: &str = "Akfku6kAAQIDBAUGBwgJCgsDB1ZwXPZdnXogx2UcdZ8RqmVT8w==";
    const NAMED_ATTEMPT: &str = "AnPRVg8AAQIDBAUGBwgJCgsDB1ZwXPZdnXogx2UcdZ8RqmVT8w==";

    /// The key of bytes 0 to 31; the texts were made by another implementation.
    #[test]
    fn records_and_attempts_have_keys_of_their_own_and_texts_of_earlier_releases_open() {
        let secret = SecretString::from(STANDARD.encode((0..32).collect::<Vec<u8>>()));
        let ring = KeyRing::parse_with_former_names(&secret, &["the-template", "an-app"]).unwrap();
        let renamed = KeyRing::parse_with_former_names(&secret, &["another-app"]).unwrap();
        let text = Some(b"text".to_vec());
        for (purpose, location, before, named, now) in [
            (Purpose::SessionClaims, "row", BEFORE_CLAIMS, NAMED_CLAIMS, NOW_CLAIMS),
            (Purpose::LoginAttempt, "place", BEFORE_ATTEMPT, NAMED_ATTEMPT, NOW_ATTEMPT),
        ] {
            let [before, named, now] = [before, named, now].map(|text| STANDARD.decode(text).unwrap());
            let location = location.as_bytes();
            assert_eq!(ring.open(purpose, location, &before), text, "{purpose:?}, sealed by the key itself");
            assert_eq!(ring.open(purpose, location, &named), text, "{purpose:?}, the key named by the application");
            assert_eq!(ring.open(purpose, location, &now), text, "{purpose:?}");
            assert_eq!(
                renamed.open(purpose, location, &now),
                text,
                "{purpose:?}: the application's name does not matter"
            );
            assert_eq!(renamed.open(purpose, location, &named), None, "{purpose:?}: nobody has said that name");
            let is_newest = [&before, &named, &now].map(|text| ring.is_newest(text));
            assert_eq!(is_newest, [false, false, true], "what an earlier release wrote is sealed anew");
        }
    }

    #[test]
    fn bad_secrets_are_refused_with_the_keys_number() {
        let parse = |text: &str| KeyRing::parse(&SecretString::from(text.to_owned())).unwrap_err();
        let good = STANDARD.encode((0..32).collect::<Vec<u8>>());
        assert_eq!(parse(""), KeyRingError::WrongLength(1, 0));
        assert_eq!(parse("not base64!"), KeyRingError::NotBase64(1));
        assert_eq!(parse(&format!("{good},{}", STANDARD.encode([1; 16]))), KeyRingError::WrongLength(2, 16));
        assert_eq!(parse(&STANDARD.encode([0; 32])), KeyRingError::NotRandom(1));
    }

    proptest! {
        #[test]
        fn every_text_survives_and_every_changed_byte_is_refused(text: Vec<u8>, position: usize, change in 1..=255u8) {
            let ring = ring(&[1]);
            let mut sealed = ring.seal(Purpose::LoginAttempt, b"place", &text).unwrap();
            prop_assert_eq!(ring.open(Purpose::LoginAttempt, b"place", &sealed), Some(text));
            let position = position % sealed.len();
            sealed[position] ^= change;
            prop_assert_eq!(ring.open(Purpose::LoginAttempt, b"place", &sealed), None);
        }

        #[test]
        fn arbitrary_bytes_never_open_nor_panic(bytes: Vec<u8>) {
            prop_assert_eq!(ring(&[1]).open(Purpose::LoginAttempt, b"place", &bytes), None);
        }
    }
}
