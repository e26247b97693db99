//! The session's identifier, which only the browser keeps, and its key, under which the record lies.
//!
//! The store never sees an identifier: whoever reads the database can't take over a session.

use aws_lc_rs::{digest, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// 256 random bits: 43 characters of base64url.
const LENGTH: usize = 32;

/// The opaque session identifier of the cookie. Prints nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId([u8; LENGTH]);

/// The SHA-256 of a [`SessionId`]: the record's key. Prints nothing, since it names a person's session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey([u8; LENGTH]);

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

impl SessionKey {
    /// The key's bytes, for stores and as associated data of the seal.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

impl std::fmt::Debug for SessionId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SessionId(…)")
    }
}

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SessionKey(…)")
    }
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
    fn debug_shows_neither_identifier_nor_key() {
        let id = SessionId([7; LENGTH]);
        assert_eq!(format!("{id:?} {:?}", id.key()), "SessionId(…) SessionKey(…)");
    }
}
