//! A session and its tokens to sealed record, and back.
//!
//! Two parts, sealed apart: what every request needs, and the tokens, which only refresh and logout open.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    id::{ProviderSessionKey, SessionKey, UserKey},
    limits::Limits,
    seal::{KeyRing, Purpose, SealError},
    session::{Session, SessionTokens},
    store::Record,
};

/// The tokens as they are sealed; the only place where they are serialised.
#[derive(Serialize, Deserialize)]
struct TokensText {
    access: String,
    id: String,
    refresh: Option<String>,
}

/// The two sealed parts of a record.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// What every request needs.
    pub claims: Vec<u8>,
    /// The tokens.
    pub tokens: Vec<u8>,
}

/// Makes the record of a session that begins `now`, for the row `key`.
///
/// # Errors
/// [`SealError`] if the cipher refuses.
pub fn begin(
    ring: &KeyRing,
    key: &SessionKey,
    session: &Session,
    tokens: &SessionTokens,
    limits: &Limits,
    now: i64,
) -> Result<Record, SealError> {
    let Sealed { claims, tokens } = seal(ring, key, session, tokens)?;
    Ok(Record {
        version: 1,
        user: UserKey::of(&session.identity.user_id),
        provider_session: ProviderSessionKey::of(&session.identity.provider_session_id),
        active_at: now,
        ends_at: session.end(now, limits),
        claims,
        tokens,
    })
}

/// Seals a session for the row `key`.
///
/// # Errors
/// [`SealError`] if the cipher refuses.
pub fn seal(ring: &KeyRing, key: &SessionKey, session: &Session, tokens: &SessionTokens) -> Result<Sealed, SealError> {
    let tokens = TokensText {
        access: tokens.access_token.expose_secret().to_owned(),
        id: tokens.id_token.expose_secret().to_owned(),
        refresh: tokens.refresh_token.as_ref().map(|token| token.expose_secret().to_owned()),
    };
    let session_text = serde_json::to_vec(session).map_err(|_| SealError)?;
    let tokens_text = serde_json::to_vec(&tokens).map_err(|_| SealError)?;
    Ok(Sealed {
        claims: ring.seal(Purpose::SessionClaims, key.as_bytes(), &session_text)?,
        tokens: ring.seal(Purpose::SessionTokens, key.as_bytes(), &tokens_text)?,
    })
}

/// Whether a key older than the newest sealed any part of the record.
#[must_use]
pub fn is_sealed_by_an_older_key(ring: &KeyRing, record: &Record) -> bool {
    !(ring.is_newest(&record.claims) && ring.is_newest(&record.tokens))
}

/// Opens the part that every request needs. `None` if the record was not sealed by a key of the ring for this
/// row.
#[must_use]
pub fn open_session(ring: &KeyRing, key: &SessionKey, record: &Record) -> Option<Session> {
    serde_json::from_slice(&ring.open(Purpose::SessionClaims, key.as_bytes(), &record.claims)?).ok()
}

/// Opens the tokens, for refresh and logout.
#[must_use]
pub fn open_tokens(ring: &KeyRing, key: &SessionKey, record: &Record) -> Option<SessionTokens> {
    let text = ring.open(Purpose::SessionTokens, key.as_bytes(), &record.tokens)?;
    let tokens: TokensText = serde_json::from_slice(&text).ok()?;
    Some(SessionTokens {
        access_token: SecretString::from(tokens.access),
        id_token: SecretString::from(tokens.id),
        refresh_token: tokens.refresh.map(SecretString::from),
    })
}
