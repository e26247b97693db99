//! Notes that a person is there, beside the request and at most once a minute, and seals records anew that an
//! older key sealed: both for sessions that are used, at the cost of no request.

use std::{collections::HashSet, sync::Arc};

use parking_lot::Mutex;
use tracing::Instrument as _;

use crate::{
    id::SessionKey,
    lease::Lease,
    limits, record,
    shared::{LoadedSession, Shared},
    store::{Record, Replaced, StoreError},
};

/// The notes being written by this process.
#[derive(Clone, Default)]
pub(crate) struct Activity {
    writing: Arc<Mutex<HashSet<SessionKey>>>,
}

impl Activity {
    /// Notes activity now, if the last note is old enough; `ends_at` is the session's end then. Does not wait
    /// for the store: should it fail, a later request tries again.
    pub(crate) fn note(&self, shared: &Arc<Shared>, key: &SessionKey, record: &Record, ends_at: i64) {
        let now = shared.clock.now();
        if !limits::is_worth_noting(record.active_at, now) || !self.writing.lock().insert(*key) {
            return;
        }
        let entry = Entry { activity: self.clone(), key: *key };
        let needs_seal = record::is_sealed_by_an_older_key(&shared.ring, record);
        let shared = Arc::clone(shared);
        let task = async move {
            if let Err(error) = shared.store.touch(&entry.key, now, ends_at, now).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a session's activity could not be noted");
            }
            if needs_seal && let Err(error) = seal_anew(&shared, &entry.key).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a session could not be sealed anew");
            }
        };
        tokio::spawn(task.in_current_span());
    }
}

struct Entry {
    activity: Activity,
    key: SessionKey,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.activity.writing.lock().remove(&self.key);
    }
}

/// Seals a record with the newest key. Under the session's lease, so that no refresh is under way; otherwise
/// the refresh seals it.
async fn seal_anew(shared: &Arc<Shared>, key: &SessionKey) -> Result<(), StoreError> {
    let Some(lease) = Lease::take(shared, key).await? else { return Ok(()) };
    let outcome = swap(shared, key).await;
    lease.release().await;
    outcome
}

async fn swap(shared: &Shared, key: &SessionKey) -> Result<(), StoreError> {
    let Some(LoadedSession { session, record }) = shared.load(key).await? else { return Ok(()) };
    let Some(tokens) = record::open_tokens(&shared.ring, key, &record) else { return Ok(()) };
    let sealed = record::seal(&shared.ring, key, &session, &tokens).map_err(|error| StoreError(error.into()))?;
    match shared.store.replace(key, record.version, &sealed.claims, &sealed.tokens, shared.clock.now()).await? {
        Replaced::Yes => tracing::debug!("a session was sealed with the newest key"),
        Replaced::Changed | Replaced::Gone => {}
    }
    Ok(())
}
