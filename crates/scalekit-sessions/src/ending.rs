//! How sessions end before their time by their owner, here or from another device. By the provider's word:
//! `notices`.
//!
//! Deleting the record is all: every replica reads it at the next request, and nothing writes a deleted
//! record back.

use std::collections::HashSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;

use crate::{
    id::{ProviderSessionKey, SessionKey, UserKey, labelled_hash},
    metrics, record,
    session::Session,
    sessions::Sessions,
    shared::Shared,
    store::StoreError,
};

/// One of a person's sessions, as the person may see it.
pub struct ListedSession {
    /// The record's key.
    pub key: SessionKey,
    /// The session.
    pub session: Session,
    /// When its person was last noted to be there; Unix seconds.
    pub active_at: i64,
}

impl ListedSession {
    /// A name for the session that pages may show, since it opens nothing: a hash of its record's key, a dot,
    /// and the [name](provider_session_handle) of the provider's session that it belongs to.
    #[must_use]
    pub fn handle(&self) -> String {
        let at_provider = provider_session_handle(&self.session.identity.provider_session_id);
        [handle("session here", self.key.as_bytes()).as_str(), &at_provider].join(".")
    }
}

/// A name for a session of the provider, which does not show its identifier.
#[must_use]
pub fn provider_session_handle(provider_session_id: &str) -> String {
    handle("session at provider", provider_session_id.as_bytes())
}

fn handle(label: &str, name: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&labelled_hash(label, name)[..16])
}

/// What the provider needs to end its own session with one of ours.
#[derive(Debug)]
pub struct LogoutHint {
    /// The newest ID token: `id_token_hint` of the logout request.
    pub id_token: SecretString,
}

impl Sessions {
    /// Ends a session and answers with what the provider needs to end its own. `None` if there was none.
    ///
    /// # Errors
    /// [`StoreError`] if the record can't be deleted.
    pub async fn end(&self, key: &SessionKey) -> Result<Option<LogoutHint>, StoreError> {
        let Shared { store, ring, clock, .. } = &*self.shared;
        let stored = store.load(key, clock.now()).await?;
        let ended = store.delete(key).await?;
        note("owner", u64::from(ended));
        let tokens = stored.and_then(|stored| record::open_tokens(ring, key, &stored));
        Ok(tokens.map(|tokens| LogoutHint { id_token: tokens.id_token }))
    }

    /// A person's sessions that have not ended.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    pub async fn list(&self, user: &UserKey) -> Result<Vec<ListedSession>, StoreError> {
        let Shared { store, ring, clock, limits, .. } = &*self.shared;
        let now = clock.now();
        let records = store.list_by_user(user, now).await?;
        let listed = records.into_iter().filter_map(|(key, record)| {
            let session = record::open_session(ring, &key, &record)?;
            let is_theirs = UserKey::of(&session.identity.user_id) == *user;
            let alive = !session.has_ended(record.active_at, limits, now);
            (is_theirs && alive).then_some(ListedSession { key, session, active_at: record.active_at })
        });
        Ok(listed.collect())
    }

    /// Ends the sessions that belong to these sessions of the provider, because their owner wants it.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails; some may have ended.
    pub async fn end_provider_sessions(&self, provider_sessions: &HashSet<String>) -> Result<(), StoreError> {
        for id in provider_sessions {
            note("owner", self.shared.store.delete_by_provider_session(&ProviderSessionKey::of(id)).await?);
        }
        Ok(())
    }
}

pub(crate) fn note(by: &'static str, count: u64) {
    if count > 0 {
        tracing::info!(by, count, "sessions ended");
        metrics::sessions_ended(by, count);
    }
}
