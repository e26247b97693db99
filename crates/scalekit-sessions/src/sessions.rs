//! The signed-in sessions: begun at sign-in, found and kept fresh for each request.
//!
//! Joins the rules of a session with the store and the provider. How they end is in `ending`, how activity
//! prolongs them in `activity`. Not here: cookies and requests.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;

use crate::{
    activity::Activity,
    clock::{CautiousTime, Clock},
    exchanges::Exchanges,
    id::SessionKey,
    limits::Limits,
    metrics,
    observed::ObservedStore,
    patience::RETRY_SECONDS,
    refresh::{Outcome, Refreshes},
    seal::KeyRing,
    session::{Freshness, Session},
    shared::{LoadedSession, Shared},
    store::{SessionStore, StoreError},
};

/// Finds, begins, refreshes and ends sessions.
#[derive(Clone)]
pub struct Sessions {
    pub(crate) shared: Arc<Shared>,
    pub(crate) exchanges: Exchanges,
    refreshes: Refreshes,
    activity: Activity,
    time: Arc<Mutex<CautiousTime>>,
}

/// Whether a request shows that the person is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The person did something: the session's idle time begins anew.
    Active,
    /// A page looked by itself: that keeps no session alive.
    Watching,
    /// The browser looks ahead at what the person may open next: that keeps no session alive either, and
    /// refreshes none. One whose access token has ended is not available so.
    LookingAhead,
}

/// What a request's session cookie leads to.
#[derive(Debug, Clone)]
pub enum Current {
    /// A session with a good access token.
    SignedIn(Arc<Session>),
    /// There is no such session, or it has ended.
    Ended,
    /// The session exists but can't be used for now: the provider is needed for a refresh, or the store is
    /// out of reach.
    Unavailable {
        /// Seconds after which another attempt makes sense.
        retry_after: u32,
    },
}

/// A time of day that is so far ahead of what it was is worth a word; seconds.
const NOTABLE_JUMP: i64 = 60;

impl Sessions {
    /// Joins store, keys, provider and limits.
    #[must_use]
    pub fn new(
        store: Arc<dyn SessionStore>,
        ring: KeyRing,
        scalekit: scalekit::Client,
        limits: Limits,
        clock: Clock,
    ) -> Self {
        let store: Arc<dyn SessionStore> = Arc::new(ObservedStore::new(store));
        Self {
            time: Arc::new(Mutex::new(CautiousTime::of(clock.clone()))),
            shared: Arc::new(Shared { store, ring, scalekit, clock, limits }),
            exchanges: Exchanges::default(),
            refreshes: Refreshes::default(),
            activity: Activity::default(),
        }
    }

    /// A session that has not ended, as it was stored: nothing is refreshed, and it shows nothing of the
    /// person's presence.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    pub async fn stored(&self, key: &SessionKey) -> Result<Option<Session>, StoreError> {
        Ok(self.shared.load(key).await?.map(|found| found.session))
    }

    /// The session of a request, refreshed if its access token has ended. One that ends soon is served as it
    /// is and refreshed beside the request.
    pub async fn current(&self, key: &SessionKey, presence: Presence) -> Current {
        let LoadedSession { session, record } = match self.shared.load(key).await {
            Ok(Some(found)) => found,
            Ok(None) => return Current::Ended,
            Err(error) => return store_failed(&error),
        };
        let now = self.shared.clock.now();
        let prolonged_end = session.end(now, &self.shared.limits);
        let current = match (session.freshness(now), presence) {
            (Freshness::Fresh, _) | (Freshness::Due, Presence::LookingAhead) => Current::SignedIn(Arc::new(session)),
            (Freshness::Due, _) => {
                drop(self.refreshes.start(&self.shared, key));
                Current::SignedIn(Arc::new(session))
            }
            (Freshness::Expired, Presence::LookingAhead) => Current::Unavailable { retry_after: RETRY_SECONDS },
            (Freshness::Expired, _) => self.refreshed(key).await,
        };
        // A page that can't be shown tries again by itself, which is no activity.
        if presence == Presence::Active && matches!(current, Current::SignedIn(_)) {
            self.activity.note(&self.shared, key, &record, prolonged_end);
        }
        current
    }

    /// The session, refreshed if its access token has ended or ends soon. Shows nothing of the person's
    /// presence.
    pub async fn refresh_if_due(&self, key: &SessionKey) -> Current {
        match self.shared.load(key).await {
            Ok(Some(LoadedSession { session, .. })) => match session.freshness(self.shared.clock.now()) {
                Freshness::Fresh => Current::SignedIn(Arc::new(session)),
                Freshness::Due => match self.refreshed(key).await {
                    // The token is still good: a provider out of reach is not noticed yet.
                    Current::Unavailable { .. } => Current::SignedIn(Arc::new(session)),
                    other => other,
                },
                Freshness::Expired => self.refreshed(key).await,
            },
            Ok(None) => Current::Ended,
            Err(error) => store_failed(&error),
        }
    }

    async fn refreshed(&self, key: &SessionKey) -> Current {
        match self.refreshes.start(&self.shared, key).outcome().await {
            Outcome::Done(session) => Current::SignedIn(session),
            Outcome::Later { retry_after } => Current::Unavailable { retry_after },
            Outcome::Never => Current::Ended,
        }
    }

    /// How many sessions there are. `None` if the store does not count them.
    ///
    /// # Errors
    /// [`StoreError`] if the store can't tell.
    pub async fn count(&self) -> Result<Option<u64>, StoreError> {
        self.shared.store.count(self.shared.clock.now()).await
    }

    /// Removes what has ended from the store, by a time that is surely no later than it is: a clock that is
    /// set wrong must not end everybody's session for good. To be called every few minutes; nothing is
    /// removed in the first hour.
    pub async fn sweep(&self) {
        let Some(time) = self.time.lock().look() else { return };
        let ahead = self.shared.clock.now().saturating_sub(time);
        if ahead > NOTABLE_JUMP {
            tracing::warn!(
                seconds = ahead,
                "the clock jumped ahead: what ends by it is removed once it has been so for an hour"
            );
        }
        match self.shared.store.delete_ended(time).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "ended sessions removed"),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "ended sessions could not be removed");
            }
        }
    }

    /// Begins no token call any more: what is begun now could not be stored before the process ends. The
    /// tokens that are due stay unspent, for the next process.
    pub fn stop_refreshing(&self) {
        self.refreshes.begin_no_more();
    }

    /// Begins no token call any more and waits for those under way, `within` so long. To be called before the
    /// process ends.
    pub async fn finish_refreshes(&self, within: Duration) {
        if tokio::time::timeout(within, self.refreshes.finish()).await.is_err() {
            tracing::warn!("refreshes were still under way when the process had to end");
        }
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`StoreError`] if it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.shared.store.ping().await
    }
}

fn store_failed(error: &StoreError) -> Current {
    metrics::store_failed(error, "nobody can tell who is asking");
    Current::Unavailable { retry_after: RETRY_SECONDS }
}
