//! What a session store does. Records are opaque to it: sealed, under hashed keys, found by hashed owners.
//!
//! Not here: sealing and rules. Every store passes the tests of the module `contract`. Times are Unix seconds
//! by the application's clock, handed in; only leases run on real time, because what they wait for does.

use std::time::Duration;

use async_trait::async_trait;

use crate::id::{LeaseHolder, Mark, ProviderSessionKey, SessionKey, UserKey};

/// A sealed session, as stores keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Counts the writes of the sealed parts; compare-and-swap compares it. A new record has 1.
    pub version: u64,
    /// Whose session it is.
    pub user: UserKey,
    /// Which session of the provider it belongs to.
    pub provider_session: ProviderSessionKey,
    /// When the person last did something.
    pub active_at: i64,
    /// When the session ends unless the person does something before. Stores drop the record then.
    pub ends_at: i64,
    /// The sealed part that every request needs.
    pub claims: Vec<u8>,
    /// The sealed tokens.
    pub tokens: Vec<u8>,
}

/// Outcome of a compare-and-swap, or of a compare-and-delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// It was done. After a swap the version is one higher.
    Yes,
    /// Somebody else wrote first: read again.
    Changed,
    /// There is no such record: the session was ended, and stays so.
    Gone,
}

/// The store could not do it. The cause is for the log; visitors see "temporarily unavailable".
#[derive(Debug, thiserror::Error)]
#[error("the session store failed")]
pub struct StoreError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Keeps sealed sessions. Implementations are shared by all requests, and by all replicas if they are on a
/// network.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps a new record. Keys are 256-bit random: an existing one is a fault, not a case.
    async fn create(&self, key: &SessionKey, record: &Record, now: i64) -> Result<(), StoreError>;

    /// The record, unless it is absent or has ended.
    async fn load(&self, key: &SessionKey, now: i64) -> Result<Option<Record>, StoreError>;

    /// Writes the sealed parts if the stored version is still `expected_version`; the stored version becomes
    /// one higher. Whose it is, its activity and its end stay as they are. Never brings a deleted or ended
    /// record back.
    async fn replace(
        &self,
        key: &SessionKey,
        expected_version: u64,
        claims: &[u8],
        tokens: &[u8],
        now: i64,
    ) -> Result<Replaced, StoreError>;

    /// Notes activity: `active_at` and `ends_at` move forward, never back; the version stays. Does nothing to
    /// a record that is absent or has ended.
    async fn touch(&self, key: &SessionKey, active_at: i64, ends_at: i64, now: i64) -> Result<(), StoreError>;

    /// Removes the record and tells whether there was one.
    async fn delete(&self, key: &SessionKey) -> Result<bool, StoreError>;

    /// Removes the record if the stored version is still `expected_version`; [`Replaced::Yes`] says that it
    /// was removed.
    async fn delete_version(&self, key: &SessionKey, expected_version: u64) -> Result<Replaced, StoreError>;

    /// The person's sessions that have not ended, in no particular order.
    async fn list_by_user(&self, user: &UserKey, now: i64) -> Result<Vec<(SessionKey, Record)>, StoreError>;

    /// How many sessions the person has that have not ended. One that can't be read may count.
    async fn count_by_user(&self, user: &UserKey, now: i64) -> Result<usize, StoreError> {
        Ok(self.list_by_user(user, now).await?.len())
    }

    /// Removes every session of the person and tells how many there were.
    async fn delete_by_user(&self, user: &UserKey) -> Result<u64, StoreError>;

    /// Removes every session that belongs to this session of the provider and tells how many there were.
    async fn delete_by_provider_session(&self, session: &ProviderSessionKey) -> Result<u64, StoreError>;

    /// Removes what has ended: records and marks. Tells how many records.
    async fn delete_ended(&self, now: i64) -> Result<u64, StoreError>;

    /// How many sessions have not ended. `None` where counting them would be too much work.
    async fn count(&self, _now: i64) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    /// Takes the session's lease for so long of real time, unless somebody else holds it. Tells whether it is
    /// `holder`'s now. Who holds it already gets it anew.
    async fn acquire_lease(&self, key: &SessionKey, holder: &LeaseHolder, time: Duration) -> Result<bool, StoreError>;

    /// Makes the lease last for so long from now. Tells whether it was still `holder`'s; if not, nothing
    /// changes.
    async fn renew_lease(&self, key: &SessionKey, holder: &LeaseHolder, time: Duration) -> Result<bool, StoreError>;

    /// Gives the lease back, if it is still `holder`'s.
    async fn release_lease(&self, key: &SessionKey, holder: &LeaseHolder) -> Result<(), StoreError>;

    /// Keeps a mark until `until`. Tells whether it is new.
    async fn mark(&self, mark: &Mark, until: i64, now: i64) -> Result<bool, StoreError>;

    /// Keeps a mark until `until` at least: of all that ask for it at once, the latest end counts.
    async fn mark_at_least(&self, mark: &Mark, until: i64, now: i64) -> Result<(), StoreError>;

    /// Whether there is such a mark that still stands at `now`, which may be another time than the present.
    async fn is_marked(&self, mark: &Mark, now: i64) -> Result<bool, StoreError>;

    /// Whether any of these marks still stands, each at a time of its own.
    async fn is_any_marked(&self, marks: &[(Mark, i64)]) -> Result<bool, StoreError> {
        for (mark, at) in marks {
            if self.is_marked(mark, *at).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Keeps a mark, and if that is new, a second one; each with its end. Tells which of the two is new; a
    /// second one that was not tried is `None`.
    async fn mark_in_turn(
        &self,
        first: (&Mark, i64),
        second: (&Mark, i64),
        now: i64,
    ) -> Result<(bool, Option<bool>), StoreError> {
        if !self.mark(first.0, first.1, now).await? {
            return Ok((false, None));
        }
        Ok((true, Some(self.mark(second.0, second.1, now).await?)))
    }

    /// Takes a mark back.
    async fn unmark(&self, mark: &Mark) -> Result<(), StoreError>;

    /// Whether the store answers; for readiness.
    async fn ping(&self) -> Result<(), StoreError>;
}
