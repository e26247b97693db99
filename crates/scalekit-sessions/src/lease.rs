//! The lease that makes one process, of all that share the store, refresh a session: renewed while it is
//! held, lost when its holder dies.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use crate::{
    id::{LeaseHolder, SessionKey},
    metrics,
    patience::LEASE,
    shared::Shared,
    store::StoreError,
};

/// How often it is renewed: two renewals may fail.
const RENEWAL: Duration = Duration::from_millis(1500);

/// A lease that this process holds.
pub(crate) struct Lease {
    shared: Arc<Shared>,
    key: SessionKey,
    holder: LeaseHolder,
    /// Until when it lasts at least, as far as this process knows.
    until: Arc<Mutex<Instant>>,
    renewal: JoinHandle<()>,
}

impl Lease {
    /// Takes the session's lease; `None` while somebody else holds it.
    ///
    /// # Errors
    /// [`StoreError`] if the store can't tell.
    pub(crate) async fn take(shared: &Arc<Shared>, key: &SessionKey) -> Result<Option<Self>, StoreError> {
        let until = Arc::new(Mutex::new(Instant::now() + LEASE));
        let holder = LeaseHolder::generate().map_err(|error| StoreError(error.into()))?;
        if !shared.store.acquire_lease(key, &holder, LEASE).await? {
            return Ok(None);
        }
        let renewal = tokio::spawn(renew(Arc::clone(shared), *key, holder, Arc::clone(&until)).in_current_span());
        Ok(Some(Self { shared: Arc::clone(shared), key: *key, holder, until, renewal }))
    }

    /// Whether nobody else can have taken it. Not so after a pause of this process that was longer than a
    /// lease.
    pub(crate) fn is_held(&self) -> bool {
        Instant::now() < *self.until.lock()
    }

    /// Gives the lease back. A lease that can't be given back runs out.
    pub(crate) async fn release(self) {
        self.renewal.abort();
        if let Err(error) = self.shared.store.release_lease(&self.key, &self.holder).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "a lease could not be given back");
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

async fn renew(shared: Arc<Shared>, key: SessionKey, holder: LeaseHolder, until: Arc<Mutex<Instant>>) {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let renewed_until = Instant::now() + LEASE;
        match shared.store.renew_lease(&key, &holder, LEASE).await {
            Ok(true) => *until.lock() = renewed_until,
            Ok(false) => {
                *until.lock() = Instant::now();
                // The call that it protects can't be called back; compare-and-swap decides whose outcome
                // counts.
                metrics::lease_lost();
                tracing::warn!("a lease was lost while a refresh was under way");
                return;
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a lease could not be renewed yet");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SessionId;

    #[tokio::test]
    async fn a_lease_is_its_holders_until_it_is_given_back_and_nobody_renews_that_of_a_dead_holder() {
        let shared = Shared::of_nobody();
        let [key, other] = [(); 2].map(|()| SessionId::generate().unwrap().key());
        let take = async |key| Lease::take(&shared, key).await.unwrap();
        let lease = take(&key).await.expect("nobody has it");
        assert!(lease.is_held() && take(&key).await.is_none());
        assert!(take(&other).await.is_some(), "another session has a lease of its own");
        lease.release().await;
        let lease = take(&key).await.expect("it was given back");
        let renewal = lease.renewal.abort_handle();
        drop(lease);
        until_finished(&renewal).await;
        assert!(take(&key).await.is_none(), "nobody renews it, and until it runs out nobody else has it");
    }

    async fn until_finished(task: &tokio::task::AbortHandle) {
        while !task.is_finished() {
            tokio::task::yield_now().await;
        }
    }
}
