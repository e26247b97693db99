//! The session's identifier, which only the browser keeps, and the hashes by which stores know things:
//! sessions, their owners, marks of what was used.
//!
//! The store never sees an identifier: whoever reads the database can't take over a session, nor see whose it
//! is.

use aws_lc_rs::{digest, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// 256 random bits: 43 characters of base64url.
const LENGTH: usize = 32;

/// The opaque session identifier of the cookie. Prints nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId([u8; LENGTH]);

/// A hash by which stores know something. Prints nothing, since it names a person's session or the person.
macro_rules! hash {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; LENGTH]);

        impl $name {
            /// Its bytes, for stores.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; LENGTH] {
                &self.0
            }

            /// As a store gave it back.
            #[must_use]
            pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        print_nothing!($name);
    };
}

macro_rules! print_nothing {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

print_nothing!(SessionId);

/// What makes the identifier of a sign-in's session, together with the answer to its attempt: 256 random
/// bits, drawn when the attempt begins and kept where only the server reads them. So one answer leads to one
/// session however often it comes, and nobody who knows less than both finds it. Prints nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSeed(String);

print_nothing!(SessionSeed);

hash! {
    /// The SHA-256 of a [`SessionId`]: the record's key, and associated data of its seal.
    SessionKey
}

hash! {
    /// The hash of a user's identifier: finds a person's sessions.
    UserKey
}

hash! {
    /// The hash of a provider session's identifier (`sid`): finds the sessions that end with it.
    ProviderSessionKey
}

hash! {
    /// The hash of something that is remembered for a while, such as what may be used once.
    Mark
}

impl UserKey {
    /// The key of the user with this `sub`.
    #[must_use]
    pub fn of(user_id: &str) -> Self {
        Self(labelled_hash("user", user_id.as_bytes()))
    }
}

impl ProviderSessionKey {
    /// The key of the provider session with this `sid`.
    #[must_use]
    pub fn of(session_id: &str) -> Self {
        Self(labelled_hash("provider session", session_id.as_bytes()))
    }
}

impl Mark {
    /// The mark of one thing.
    #[must_use]
    pub fn of(kind: MarkOf, name: &str) -> Self {
        let own;
        let label = match kind {
            MarkOf::LoginAttempt => "login attempt",
            MarkOf::LoginAnswer => "login answer",
            MarkOf::LogoutToken => "logout token",
            // Earlier releases knew this kind alone.
            MarkOf::Handled("webhook") => "webhook",
            MarkOf::UnderWay("webhook") => "webhook under way",
            MarkOf::Handled(kind) => {
                own = ["handled ", kind].concat();
                &own
            }
            MarkOf::UnderWay(kind) => {
                own = ["under way ", kind].concat();
                &own
            }
            MarkOf::EndedProviderSession => "ended provider session",
            MarkOf::EndedUser => "ended user",
            MarkOf::EndedMembership => "ended membership",
            MarkOf::Refresh => "refresh",
        };
        Self(labelled_hash(label, name.as_bytes()))
    }
}

/// Names who holds a lease: random, one for each time a lease is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseHolder([u8; 16]);

/// What a [`Mark`] marks: one kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkOf {
    /// A login attempt whose answer has come, by its `state`.
    LoginAttempt,
    /// What is known of an answer to a login attempt, by its query.
    LoginAnswer,
    /// A logout token, by its `jti`.
    LogoutToken,
    /// A message of this kind that was handled, by its identifier.
    Handled(&'static str),
    /// A message of this kind that is being handled, by its identifier.
    UnderWay(&'static str),
    /// A session that the provider has ended, by its `sid`.
    EndedProviderSession,
    /// A user whose sessions the provider has all ended, by their `sub`.
    EndedUser,
    /// A user who is not in an organization any more, by both.
    EndedMembership,
    /// A refresh token that is being spent.
    Refresh,
}

/// The operating system gave no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct NoRandomness;

impl SessionId {
    /// Makes a new identifier.
    ///
    /// # Errors
    /// [`NoRandomness`] if the operating system gives none.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = [0; LENGTH];
        rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(Self(bytes))
    }

    /// Reads a cookie's value: exactly one spelling is accepted.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The cookie's value. Its only use is the `Set-Cookie` header.
    #[must_use]
    pub fn to_cookie_value(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The key of this session's record.
    #[must_use]
    pub fn key(&self) -> SessionKey {
        let mut key = [0; LENGTH];
        key.copy_from_slice(digest::digest(&digest::SHA256, &self.0).as_ref());
        SessionKey(key)
    }
}

impl SessionSeed {
    /// Draws a new one.
    ///
    /// # Errors
    /// [`NoRandomness`] if the operating system gives none.
    pub fn generate() -> Result<Self, NoRandomness> {
        Ok(Self(SessionId::generate()?.to_cookie_value()))
    }

    /// The identifier of the session that `answer` begins.
    #[must_use]
    pub fn session_id(&self, answer: &str) -> SessionId {
        SessionId(labelled_hash("session", [&self.0, "\0", answer].concat().as_bytes()))
    }
}

impl LeaseHolder {
    /// Makes a new name.
    ///
    /// # Errors
    /// [`NoRandomness`] if the operating system gives none.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = [0; 16];
        rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(Self(bytes))
    }

    /// The name's bytes, for stores.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// SHA-256 of a label and a text: equal texts of different kinds have different hashes.
pub(crate) fn labelled_hash(label: &str, text: &[u8]) -> [u8; LENGTH] {
    let mut hash = [0; LENGTH];
    hash.copy_from_slice(digest::digest(&digest::SHA256, &[label.as_bytes(), b"\0", text].concat()).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_survives_the_cookie_and_every_other_text_is_refused() {
        let id = SessionId::generate().unwrap();
        let value = id.to_cookie_value();
        assert_eq!(value.len(), 43);
        assert_eq!(SessionId::parse(&value), Some(id));
        for wrong in ["", "x", &value[1..], &format!("{value}A"), &format!("{value}="), &format!(" {value}"), "🦀"] {
            assert_eq!(SessionId::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_second_spelling_of_the_same_bytes_is_refused() {
        // 43 characters hold 258 bits: the last two must be zero, or one session would have four cookies.
        let value = SessionId([0; LENGTH]).to_cookie_value();
        let other = format!("{}B", &value[..42]);
        assert_eq!(SessionId::parse(&other), None);
    }

    #[test]
    fn one_name_gives_another_hash_for_each_kind() {
        let hashes = [
            *UserKey::of("1").as_bytes(),
            *ProviderSessionKey::of("1").as_bytes(),
            *Mark::of(MarkOf::LoginAttempt, "1").as_bytes(),
            *Mark::of(MarkOf::LoginAnswer, "1").as_bytes(),
            *Mark::of(MarkOf::LogoutToken, "1").as_bytes(),
            *Mark::of(MarkOf::Handled("webhook"), "1").as_bytes(),
            *Mark::of(MarkOf::UnderWay("webhook"), "1").as_bytes(),
            *Mark::of(MarkOf::Handled("event"), "1").as_bytes(),
            *Mark::of(MarkOf::UnderWay("event"), "1").as_bytes(),
        ];
        assert_eq!(hashes.iter().collect::<std::collections::HashSet<_>>().len(), hashes.len());
        assert_eq!(UserKey::of("1"), UserKey::of("1"));
    }

    #[test]
    fn an_identifier_follows_from_seed_and_answer_and_from_nothing_less() {
        let (seed, other) = (SessionSeed::generate().unwrap(), SessionSeed::generate().unwrap());
        let id = seed.session_id("code=1&state=a");
        assert_eq!(seed.session_id("code=1&state=a"), id);
        assert!(seed.session_id("code=2&state=a") != id && other.session_id("code=1&state=a") != id);
        assert!(!id.to_cookie_value().contains(&seed.0) && format!("{seed:?}") == "SessionSeed(…)");
    }

    #[test]
    fn debug_shows_neither_identifier_nor_key() {
        let id = SessionId([7; LENGTH]);
        assert_eq!(format!("{id:?} {:?}", id.key()), "SessionId(…) SessionKey(…)");
    }
}
