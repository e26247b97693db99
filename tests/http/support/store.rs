//! A session store that fails when a test wants it to.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use scalekit_sessions::{
    MemoryStore, Record, Replaced, SessionKey, SessionStore, StoreError,
    id::{LeaseHolder, Mark, ProviderSessionKey, UserKey},
};

/// What a store in trouble does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing: it works.
    No,
    /// Every call fails.
    Down,
    /// Reading a session never ends.
    Hangs,
    /// Reading a session panics.
    Panics,
    /// Writing fails, reading works.
    ReadOnly,
    /// Only writing back a refresh fails.
    NoReplace,
    /// Only listing a person's sessions fails.
    NoList,
    /// As `NoReplace`, and leases protect nothing: as if the store had forgotten them.
    NoReplaceNoLease,
}

/// A store in memory, its trouble, and counts of what is asked of it.
pub(crate) struct TroubledStore {
    inner: MemoryStore,
    trouble: Mutex<Trouble>,
    /// Calls of `replace` that fail before the trouble ends by itself; 0: it does not.
    failures_left: AtomicU32,
    pub(crate) loads: AtomicU64,
    pub(crate) touches: AtomicU64,
    pub(crate) replaces: AtomicU64,
}

impl TroubledStore {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryStore::default(),
            trouble: Mutex::new(Trouble::No),
            failures_left: AtomicU32::new(0),
            loads: AtomicU64::new(0),
            touches: AtomicU64::new(0),
            replaces: AtomicU64::new(0),
        })
    }

    pub(crate) fn be(&self, trouble: Trouble) {
        *self.trouble.lock().unwrap() = trouble;
    }

    /// The next so many calls of `replace` fail.
    pub(crate) fn fail_replaces(&self, times: u32) {
        self.be_until_replaces(Trouble::NoReplace, times);
    }

    /// In trouble until so many calls of `replace` have failed.
    pub(crate) fn be_until_replaces(&self, trouble: Trouble, times: u32) {
        self.failures_left.store(times, Ordering::SeqCst);
        self.be(trouble);
    }

    fn read(&self) -> Result<(), StoreError> {
        self.refuse(&[Trouble::Down])
    }

    fn write(&self) -> Result<(), StoreError> {
        self.refuse(&[Trouble::Down, Trouble::ReadOnly])
    }

    fn refuse(&self, troubles: &[Trouble]) -> Result<(), StoreError> {
        if troubles.contains(&*self.trouble.lock().unwrap()) {
            Err(StoreError("wanted by the test".into()))
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl SessionStore for TroubledStore {
    async fn create(&self, key: &SessionKey, record: &Record, now: i64) -> Result<(), StoreError> {
        self.write()?;
        self.inner.create(key, record, now).await
    }

    async fn load(&self, key: &SessionKey, now: i64) -> Result<Option<Record>, StoreError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.read()?;
        let trouble = *self.trouble.lock().unwrap();
        assert!(trouble != Trouble::Panics, "wanted by the test");
        if trouble == Trouble::Hangs {
            std::future::pending::<()>().await;
        }
        self.inner.load(key, now).await
    }

    async fn replace(
        &self,
        key: &SessionKey,
        expected_version: u64,
        claims: &[u8],
        tokens: &[u8],
        now: i64,
    ) -> Result<Replaced, StoreError> {
        self.replaces.fetch_add(1, Ordering::SeqCst);
        let failed = self.refuse(&[Trouble::Down, Trouble::ReadOnly, Trouble::NoReplace, Trouble::NoReplaceNoLease]);
        if failed.is_err()
            && self.failures_left.load(Ordering::SeqCst) > 0
            && self.failures_left.fetch_sub(1, Ordering::SeqCst) == 1
        {
            self.be(Trouble::No);
        }
        failed?;
        self.inner.replace(key, expected_version, claims, tokens, now).await
    }

    async fn touch(&self, key: &SessionKey, active_at: i64, ends_at: i64, now: i64) -> Result<(), StoreError> {
        self.touches.fetch_add(1, Ordering::SeqCst);
        self.write()?;
        self.inner.touch(key, active_at, ends_at, now).await
    }

    async fn delete(&self, key: &SessionKey) -> Result<bool, StoreError> {
        self.write()?;
        self.inner.delete(key).await
    }

    async fn delete_version(&self, key: &SessionKey, expected_version: u64) -> Result<Replaced, StoreError> {
        self.write()?;
        self.inner.delete_version(key, expected_version).await
    }

    async fn list_by_user(&self, user: &UserKey, now: i64) -> Result<Vec<(SessionKey, Record)>, StoreError> {
        self.refuse(&[Trouble::Down, Trouble::NoList])?;
        self.inner.list_by_user(user, now).await
    }

    async fn delete_by_user(&self, user: &UserKey) -> Result<u64, StoreError> {
        self.write()?;
        self.inner.delete_by_user(user).await
    }

    async fn delete_by_provider_session(&self, session: &ProviderSessionKey) -> Result<u64, StoreError> {
        self.write()?;
        self.inner.delete_by_provider_session(session).await
    }

    async fn delete_ended(&self, now: i64) -> Result<u64, StoreError> {
        self.write()?;
        self.inner.delete_ended(now).await
    }

    async fn acquire_lease(&self, key: &SessionKey, holder: &LeaseHolder, time: Duration) -> Result<bool, StoreError> {
        self.write()?;
        if *self.trouble.lock().unwrap() == Trouble::NoReplaceNoLease {
            return Ok(true);
        }
        self.inner.acquire_lease(key, holder, time).await
    }

    async fn renew_lease(&self, key: &SessionKey, holder: &LeaseHolder, time: Duration) -> Result<bool, StoreError> {
        self.write()?;
        self.inner.renew_lease(key, holder, time).await
    }

    async fn release_lease(&self, key: &SessionKey, holder: &LeaseHolder) -> Result<(), StoreError> {
        self.write()?;
        self.inner.release_lease(key, holder).await
    }

    async fn mark(&self, mark: &Mark, until: i64, now: i64) -> Result<bool, StoreError> {
        self.write()?;
        self.inner.mark(mark, until, now).await
    }

    async fn mark_at_least(&self, mark: &Mark, until: i64, now: i64) -> Result<(), StoreError> {
        self.write()?;
        self.inner.mark_at_least(mark, until, now).await
    }

    async fn is_marked(&self, mark: &Mark, now: i64) -> Result<bool, StoreError> {
        self.read()?;
        self.inner.is_marked(mark, now).await
    }

    async fn unmark(&self, mark: &Mark) -> Result<(), StoreError> {
        self.write()?;
        self.inner.unmark(mark).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read()?;
        self.inner.ping().await
    }
}
