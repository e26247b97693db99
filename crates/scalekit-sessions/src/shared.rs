//! What sign-ins, refreshes and endings work with, and how a session is loaded from it.

use std::sync::Arc;

use crate::{
    clock::Clock,
    id::SessionKey,
    limits::Limits,
    patience::Patience,
    record,
    seal::KeyRing,
    session::Session,
    store::{Record, SessionStore, StoreError},
};

/// Store, keys, provider, time and limits.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn SessionStore>,
    pub(crate) ring: KeyRing,
    pub(crate) scalekit: scalekit::Client,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
}

/// A session as the store has it, its tokens still sealed.
pub(crate) struct LoadedSession {
    pub(crate) session: Session,
    pub(crate) record: Record,
}

#[cfg(test)]
impl Shared {
    /// An empty store in memory, and a provider that is not there.
    pub(crate) fn of_nobody() -> Arc<Self> {
        let ring = secrecy::SecretString::from("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        let config = scalekit::Config::new("http://localhost:1", "skc_nobody", "test_nothing".into()).unwrap();
        Arc::new(Self {
            store: Arc::new(crate::memory::MemoryStore::default()),
            ring: KeyRing::parse(&ring).unwrap(),
            scalekit: scalekit::Client::new(config).unwrap(),
            clock: Clock::default(),
            limits: Limits::default(),
        })
    }
}

impl Shared {
    /// How long who waits for whom.
    pub(crate) fn patience(&self) -> Patience {
        Patience::with(self.scalekit.config().token_timeout())
    }

    /// Loads and opens a session. A record that no key opens counts as absent: it was sealed by keys that are
    /// gone.
    pub(crate) async fn load(&self, key: &SessionKey) -> Result<Option<LoadedSession>, StoreError> {
        let now = self.clock.now();
        let Some(record) = self.store.load(key, now).await? else {
            return Ok(None);
        };
        let session = record::open_session(&self.ring, key, &record)
            .filter(|session| !session.has_ended(record.active_at, &self.limits, now));
        Ok(session.map(|session| LoadedSession { session, record }))
    }
}
