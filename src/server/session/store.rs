//! What a session store does. Records are opaque to it: sealed, under hashed keys.
//!
//! Not here: sealing and rules. Every store passes the contract tests at the end of this file.

use async_trait::async_trait;

use super::id::SessionKey;

/// A sealed session, as stores keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Counts the writes; compare-and-swap compares it. A new record has 1.
    pub version: u64,
    /// When the session ends; Unix seconds. Stores drop the record then.
    pub ends_at: i64,
    /// The sealed part that every request needs.
    pub claims: Vec<u8>,
    /// The sealed tokens.
    pub tokens: Vec<u8>,
}

/// Outcome of a compare-and-swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// The record was written; its version is one higher now.
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

/// Keeps sealed sessions. Implementations are shared by all requests.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps a new record. Keys are 256-bit random: an existing one is a fault, not a case.
    async fn create(&self, key: &SessionKey, record: &Record) -> Result<(), StoreError>;

    /// The record, unless it is absent or has ended.
    async fn load(&self, key: &SessionKey, now: i64) -> Result<Option<Record>, StoreError>;

    /// Writes `record` if the stored version is still `expected_version`; the stored version becomes one higher.
    /// Never brings a deleted record back.
    async fn replace(&self, key: &SessionKey, expected_version: u64, record: &Record) -> Result<Replaced, StoreError>;

    /// Removes the record and tells whether there was one.
    async fn delete(&self, key: &SessionKey) -> Result<bool, StoreError>;

    /// Removes every record that has ended and tells how many.
    async fn delete_ended(&self, now: i64) -> Result<u64, StoreError>;

    /// Whether the store answers; for readiness.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// The contract: every store runs these tests.
#[cfg(test)]
pub(super) mod contract {
    use std::sync::Arc;

    use super::*;
    use crate::server::session::id::SessionId;

    fn record(ends_at: i64, text: &str) -> Record {
        Record { version: 1, ends_at, claims: text.as_bytes().to_vec(), tokens: b"tokens".to_vec() }
    }

    fn key() -> SessionKey {
        SessionId::generate().unwrap().key()
    }

    /// Runs the whole contract on an empty store.
    pub(crate) async fn holds(store: Arc<dyn SessionStore>) {
        a_created_record_is_loaded_until_it_ends(&*store).await;
        replace_writes_only_the_expected_version(&*store).await;
        a_deleted_record_stays_deleted(&*store).await;
        ended_records_are_swept(&*store).await;
        one_of_many_concurrent_writers_wins(store).await;
    }

    async fn a_created_record_is_loaded_until_it_ends(store: &dyn SessionStore) {
        let key = key();
        assert_eq!(store.load(&key, 0).await.unwrap(), None);
        store.create(&key, &record(100, "a")).await.unwrap();
        assert_eq!(store.load(&key, 99).await.unwrap(), Some(record(100, "a")));
        assert_eq!(store.load(&key, 100).await.unwrap(), None);
        assert!(store.create(&key, &record(100, "b")).await.is_err(), "a key is used once");
        store.ping().await.unwrap();
    }

    async fn replace_writes_only_the_expected_version(store: &dyn SessionStore) {
        let key = key();
        store.create(&key, &record(100, "first")).await.unwrap();
        assert_eq!(store.replace(&key, 1, &record(200, "second")).await.unwrap(), Replaced::Yes);
        assert_eq!(store.replace(&key, 1, &record(300, "late")).await.unwrap(), Replaced::Changed);
        let stored = store.load(&key, 150).await.unwrap().unwrap();
        assert_eq!((stored.version, stored.claims.as_slice()), (2, b"second".as_slice()));
    }

    async fn a_deleted_record_stays_deleted(store: &dyn SessionStore) {
        let key = key();
        store.create(&key, &record(100, "a")).await.unwrap();
        assert!(store.delete(&key).await.unwrap());
        assert!(!store.delete(&key).await.unwrap());
        assert_eq!(store.replace(&key, 1, &record(100, "b")).await.unwrap(), Replaced::Gone);
        assert_eq!(store.load(&key, 0).await.unwrap(), None);
    }

    async fn ended_records_are_swept(store: &dyn SessionStore) {
        store.delete_ended(i64::MAX).await.unwrap();
        let (ended, alive) = (key(), key());
        store.create(&ended, &record(100, "a")).await.unwrap();
        store.create(&alive, &record(101, "b")).await.unwrap();
        assert_eq!(store.delete_ended(100).await.unwrap(), 1);
        assert_eq!(store.load(&ended, 0).await.unwrap(), None);
        assert!(store.load(&alive, 0).await.unwrap().is_some());
    }

    async fn one_of_many_concurrent_writers_wins(store: Arc<dyn SessionStore>) {
        let key = key();
        store.create(&key, &record(100, "start")).await.unwrap();
        let writers: Vec<_> = (0..20)
            .map(|number| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { store.replace(&key, 1, &record(100, &number.to_string())).await.unwrap() })
            })
            .collect();
        let mut wins = 0;
        for writer in writers {
            wins += usize::from(writer.await.unwrap() == Replaced::Yes);
        }
        assert_eq!(wins, 1);
        assert_eq!(store.load(&key, 0).await.unwrap().unwrap().version, 2);
    }
}
