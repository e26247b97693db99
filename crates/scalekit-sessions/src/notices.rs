//! How sessions end by the provider's word: a logout token, or whatever else says so.
//!
//! Deleting the records is all, and leaving a mark for sign-ins that are under way (`in_flight`). Not here:
//! what a webhook's event says.

use scalekit::LogoutToken;

use crate::{
    ending::note,
    id::{Mark, MarkOf, ProviderSessionKey, UserKey},
    in_flight::{self, REMEMBERED},
    record,
    sessions::Sessions,
    shared::Shared,
    store::StoreError,
};

/// How long a used logout token is remembered after it was issued, in seconds: longer than any is accepted,
/// whatever its own end.
const TOKEN_REMEMBERED: i64 = 3600;

/// What the provider has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderEnded<'a> {
    /// One session of its own, by its `sid`.
    Session(&'a str),
    /// All sessions of a person, at a time by its own clock.
    User {
        /// `sub`.
        id: &'a str,
        /// Unix seconds.
        at: i64,
    },
    /// A person's place in an organization: their sessions there that began before.
    Membership {
        /// `sub`.
        user: &'a str,
        /// `oid`.
        organization: &'a str,
        /// Unix seconds, by the provider's clock.
        since: i64,
    },
}

/// What came of a logout token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenLogoutToken {
    /// The sessions that it names have ended.
    Accepted,
    /// It came before.
    Repeated,
    /// It names neither a session nor a person.
    NamesNothing,
}

impl Sessions {
    /// Ends what a verified logout token names, once.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails; the provider should send the token again.
    pub async fn take_logout_token(&self, token: &LogoutToken) -> Result<TakenLogoutToken, StoreError> {
        let Shared { store, clock, .. } = &*self.shared;
        let (mark, now) = (Mark::of(MarkOf::LogoutToken, &token.jti), clock.now());
        if store.is_marked(&mark, now).await? {
            tracing::warn!("a logout token came a second time");
            return Ok(TakenLogoutToken::Repeated);
        }
        // `sid` names one session, also where `sub` stands beside it; `sub` alone means all of the person's
        // (section 2.4).
        let ended = match (&token.sid, &token.sub) {
            (Some(sid), _) => ProviderEnded::Session(sid),
            (None, Some(sub)) => ProviderEnded::User { id: sub, at: token.iat },
            (None, None) => return Ok(TakenLogoutToken::NamesNothing),
        };
        self.provider_ended(ended).await?;
        // Marked last: should this process die before, the provider's next try finds the work undone and not
        // "repeated".
        let is_first = store.mark(&mark, token.iat.saturating_add(TOKEN_REMEMBERED), now).await?;
        Ok(if is_first { TakenLogoutToken::Accepted } else { TakenLogoutToken::Repeated })
    }

    /// Ends the sessions that end with what the provider has ended, those included that are just about to
    /// begin. Tells how many there were.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails; some may have ended.
    pub async fn provider_ended(&self, ended: ProviderEnded<'_>) -> Result<u64, StoreError> {
        match ended {
            ProviderEnded::Session(id) => self.ended_session(id).await,
            ProviderEnded::User { id, at } => self.ended_user(id, at).await,
            ProviderEnded::Membership { user, organization, since } => {
                self.ended_membership(user, organization, since).await
            }
        }
    }

    /// The provider has ended this session of its own.
    async fn ended_session(&self, id: &str) -> Result<u64, StoreError> {
        // A sign-in may be about to begin this very session. The mark first, then the deletion: the sign-in
        // writes first and looks for the mark then, so that one of the two sees the other.
        let Shared { store, clock, .. } = &*self.shared;
        let now = clock.now();
        store.mark(&in_flight::session(id), now + REMEMBERED, now).await?;
        let ended = store.delete_by_provider_session(&ProviderSessionKey::of(id)).await?;
        note("provider", ended);
        Ok(ended)
    }

    /// The provider has ended all sessions of this person, at `at` by its clock, in Unix seconds.
    async fn ended_user(&self, user_id: &str, at: i64) -> Result<u64, StoreError> {
        let Shared { store, clock, .. } = &*self.shared;
        // The mark first, as above.
        in_flight::note(&**store, &in_flight::user(user_id), at, clock.now()).await?;
        let ended = store.delete_by_user(&UserKey::of(user_id)).await?;
        note("provider", ended);
        Ok(ended)
    }

    /// The person is not in the organization any more since `since`, in Unix seconds by the provider's clock:
    /// ends the sessions that were signed in to it before. Those of a person who has come back since stay.
    async fn ended_membership(&self, user_id: &str, organization_id: &str, since: i64) -> Result<u64, StoreError> {
        let Shared { store, ring, clock, .. } = &*self.shared;
        let (mut ended, now) = (0, clock.now());
        in_flight::note(&**store, &in_flight::membership(user_id, organization_id), since, now).await?;
        for (key, record) in store.list_by_user(&UserKey::of(user_id), now).await? {
            // What these keys can't open may be one of them: better one sign-in too many than a session too
            // long.
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
