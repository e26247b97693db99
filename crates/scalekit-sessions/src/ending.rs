//! How sessions end before their time: by their owner, here or from another device, and by the provider's word.
//!
//! Deleting the record is all: every replica reads it at the next request, and nothing writes a deleted record back.

use std::collections::HashSet;

use crate::{
    id::{ProviderSessionKey, SessionKey, UserKey},
    in_flight::{self, REMEMBERED},
    metrics, record,
    session::{Session, SessionTokens},
    sessions::Sessions,
    shared::Shared,
    store::StoreError,
};

/// One of a person's sessions, as the person may see it.
pub struct Listed {
    /// The record's key.
    pub key: SessionKey,
    /// The session.
    pub session: Session,
    /// When its person was last noted to be there; Unix seconds.
    pub active_at: i64,
}

impl Sessions {
    /// Ends a session and answers with its tokens, which the provider needs to end its own. `None` if there was none.
    ///
    /// # Errors
    /// [`StoreError`] if the record can't be deleted.
    pub async fn end(&self, key: &SessionKey) -> Result<Option<SessionTokens>, StoreError> {
        let Shared { store, ring, clock, .. } = &*self.shared;
        let stored = store.load(key, clock.now()).await?;
        let ended = store.delete(key).await?;
        note("owner", u64::from(ended));
        Ok(stored.and_then(|stored| record::open_tokens(ring, key, &stored)))
    }

    /// A person's sessions that have not ended.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    pub async fn list(&self, user_id: &str) -> Result<Vec<Listed>, StoreError> {
        let Shared { store, ring, clock, limits, .. } = &*self.shared;
        let now = clock.now();
        let records = store.list_by_user(&UserKey::of(user_id), now).await?;
        let listed = records.into_iter().filter_map(|(key, record)| {
            let session = record::open_session(ring, &key, &record)?;
            let is_theirs = session.identity.user_id == user_id;
            let alive = !session.has_ended(record.active_at, limits, now);
            (is_theirs && alive).then_some(Listed { key, session, active_at: record.active_at })
        });
        Ok(listed.collect())
    }

    /// Ends the sessions that belong to these sessions of the provider, because their owner wants it.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails; some may have ended.
    pub async fn end_with(&self, provider_sessions: &HashSet<String>) -> Result<(), StoreError> {
        for id in provider_sessions {
            note("owner", self.shared.store.delete_by_provider_session(&ProviderSessionKey::of(id)).await?);
        }
        Ok(())
    }

    /// The provider has ended this session of its own.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    pub async fn provider_ended_session(&self, id: &str) -> Result<u64, StoreError> {
        // A sign-in may be about to begin this very session. The mark first, then the deletion: the sign-in writes first and
        // looks for the mark then, so that one of the two sees the other.
        let Shared { store, clock, .. } = &*self.shared;
        let now = clock.now();
        store.mark(&in_flight::session(id), now + REMEMBERED, now).await?;
        let ended = store.delete_by_provider_session(&ProviderSessionKey::of(id)).await?;
        note("provider", ended);
        Ok(ended)
    }

    /// The provider has ended all sessions of this person, at `at` by its clock, in Unix seconds.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    pub async fn provider_ended_user(&self, user_id: &str, at: i64) -> Result<u64, StoreError> {
        let Shared { store, clock, .. } = &*self.shared;
        // The mark first, as above.
        in_flight::note(&**store, &in_flight::user(user_id), at, clock.now()).await?;
        let ended = store.delete_by_user(&UserKey::of(user_id)).await?;
        note("provider", ended);
        Ok(ended)
    }

    /// The person is not in the organization any more since `since`, in Unix seconds by the provider's clock: ends the sessions
    /// that were signed in to it before. Those of a person who has come back since stay.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails; some may have ended.
    pub async fn provider_ended_membership(
        &self,
        user_id: &str,
        organization_id: &str,
        since: i64,
    ) -> Result<u64, StoreError> {
        let Shared { store, ring, clock, .. } = &*self.shared;
        let (mut ended, now) = (0, clock.now());
        in_flight::note(&**store, &in_flight::membership(user_id, organization_id), since, now).await?;
        for (key, record) in store.list_by_user(&UserKey::of(user_id), now).await? {
            // What these keys can't open may be one of them: better one sign-in too many than a session too long.
            let is_meant = record::open_session(ring, &key, &record).is_none_or(|session| {
                // Both by the provider's clock.
                session.identity.organization_id == organization_id && session.issued_at <= since
            });
            if is_meant {
                ended += u64::from(store.delete(&key).await?);
            }
        }
        note("provider", ended);
        Ok(ended)
    }
}

fn note(by: &'static str, count: u64) {
    if count > 0 {
        tracing::info!(by, count, "sessions ended");
        metrics::sessions_ended(by, count);
    }
}
