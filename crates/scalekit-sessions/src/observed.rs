//! A session store whose operations are measured, and have a span each: any store, wrapped.
//!
//! Not here: what went wrong. Whoever asked the store logs that.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tracing::Instrument as _;

use crate::{
    id::{LeaseHolder, Mark, ProviderSessionKey, SessionKey, UserKey},
    metrics,
    store::{Record, Replaced, SessionStore, StoreError},
};

/// The wrapper.
pub(crate) struct ObservedStore {
    store: Arc<dyn SessionStore>,
}

impl ObservedStore {
    /// Measures what this store does.
    #[must_use]
    pub(crate) fn new(store: Arc<dyn SessionStore>) -> Self {
        Self { store }
    }
}

/// Waits for an operation and measures it.
async fn observe<T>(
    operation: &'static str,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let begun = Instant::now();
    let result = work.instrument(tracing::info_span!("session store", operation)).await;
    metrics::store_operation(operation, result.is_ok(), begun.elapsed());
    result
}

#[async_trait]
impl SessionStore for ObservedStore {
    async fn create(&self, key: &SessionKey, record: &Record, now: i64) -> Result<(), StoreError> {
        observe("create", self.store.create(key, record, now)).await
    }

    async fn load(&self, key: &SessionKey, now: i64) -> Result<Option<Record>, StoreError> {
        observe("load", self.store.load(key, now)).await
    }

    async fn replace(
        &self,
        key: &SessionKey,
        expected_version: u64,
        claims: &[u8],
        tokens: &[u8],
        now: i64,
    ) -> Result<Replaced, StoreError> {
        observe("replace", self.store.replace(key, expected_version, claims, tokens, now)).await
    }

    async fn touch(&self, key: &SessionKey, active_at: i64, ends_at: i64, now: i64) -> Result<(), StoreError> {
        observe("touch", self.store.touch(key, active_at, ends_at, now)).await
    }

    async fn delete(&self, key: &SessionKey) -> Result<bool, StoreError> {
        observe("delete", self.store.delete(key)).await
    }

    async fn delete_version(&self, key: &SessionKey, expected_version: u64) -> Result<Replaced, StoreError> {
        observe("delete_version", self.store.delete_version(key, expected_version)).await
    }

    async fn list_by_user(&self, user: &UserKey, now: i64) -> Result<Vec<(SessionKey, Record)>, StoreError> {
        observe("list_by_user", self.store.list_by_user(user, now)).await
    }

    async fn count_by_user(&self, user: &UserKey, now: i64) -> Result<usize, StoreError> {
        observe("count_by_user", self.store.count_by_user(user, now)).await
    }

    async fn is_any_marked(&self, marks: &[(Mark, i64)]) -> Result<bool, StoreError> {
        observe("is_marked", self.store.is_any_marked(marks)).await
    }

    async fn mark_in_turn(
        &self,
        first: (&Mark, i64),
        second: (&Mark, i64),
        now: i64,
    ) -> Result<(bool, Option<bool>), StoreError> {
        observe("mark", self.store.mark_in_turn(first, second, now)).await
    }

    async fn delete_by_user(&self, user: &UserKey) -> Result<u64, StoreError> {
        observe("delete_by_user", self.store.delete_by_user(user)).await
    }

    async fn delete_by_provider_session(&self, session: &ProviderSessionKey) -> Result<u64, StoreError> {
        observe("delete_by_provider_session", self.store.delete_by_provider_session(session)).await
    }

    async fn delete_ended(&self, now: i64) -> Result<u64, StoreError> {
        observe("delete_ended", self.store.delete_ended(now)).await
    }

    async fn count(&self, now: i64) -> Result<Option<u64>, StoreError> {
        observe("count", self.store.count(now)).await
    }

    async fn acquire_lease(&self, key: &SessionKey, holder: &LeaseHolder, time: Duration) -> Result<bool, StoreError> {
        observe("acquire_lease", self.store.acquire_lease(key, holder, time)).await
    }

    async fn renew_lease(&self, key: &SessionKey, holder: &LeaseHolder, time: Duration) -> Result<bool, StoreError> {
        observe("renew_lease", self.store.renew_lease(key, holder, time)).await
    }

    async fn release_lease(&self, key: &SessionKey, holder: &LeaseHolder) -> Result<(), StoreError> {
        observe("release_lease", self.store.release_lease(key, holder)).await
    }

    async fn mark(&self, mark: &Mark, until: i64, now: i64) -> Result<bool, StoreError> {
        observe("mark", self.store.mark(mark, until, now)).await
    }

    async fn mark_at_least(&self, mark: &Mark, until: i64, now: i64) -> Result<(), StoreError> {
        observe("mark_at_least", self.store.mark_at_least(mark, until, now)).await
    }

    async fn is_marked(&self, mark: &Mark, now: i64) -> Result<bool, StoreError> {
        observe("is_marked", self.store.is_marked(mark, now)).await
    }

    async fn unmark(&self, mark: &Mark) -> Result<(), StoreError> {
        observe("unmark", self.store.unmark(mark)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        observe("ping", self.store.ping()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{contract, memory::MemoryStore};

    #[tokio::test]
    async fn the_store_contract_holds() {
        contract::holds(Arc::new(ObservedStore::new(Arc::new(MemoryStore::default())))).await;
    }
}
