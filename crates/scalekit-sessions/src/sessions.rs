//! The signed-in sessions: begun at sign-in, found and kept fresh for each request.
//!
//! Joins the rules of a session with the store and the provider. How they end is in `ending`, how activity prolongs them in
//! `activity`. Not here: cookies and requests.

use std::{sync::Arc, time::Duration};

use scalekit::SignIn;

use crate::{
    activity::Activity,
    clock::Clock,
    device::Device,
    id::{SessionId, SessionKey, UserKey},
    in_flight::{self, SignedInAt},
    limits::Limits,
    metrics,
    observed::ObservedStore,
    record,
    refresh::{Outcome, Refreshes},
    seal::{KeyRing, SealError},
    session::{Freshness, Session, SessionTokens},
    shared::{LoadedSession, Shared},
    store::{Record, SessionStore, StoreError},
};

/// Finds, begins, refreshes and ends sessions.
#[derive(Clone)]
pub struct Sessions {
    pub(crate) shared: Arc<Shared>,
    refreshes: Refreshes,
    activity: Activity,
}

/// Whether a request shows that the person is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The person did something: the session's idle time begins anew.
    Active,
    /// A page looked by itself: that keeps no session alive.
    Watching,
}

/// What a request's session cookie leads to.
#[derive(Debug, Clone)]
pub enum Current {
    /// A session with a good access token.
    SignedIn(Arc<Session>),
    /// There is no such session, or it has ended.
    Ended,
    /// The session exists but can't be used for now: the provider is needed for a refresh, or the store is out of reach.
    Unavailable {
        /// Seconds after which another attempt makes sense.
        retry_after: u32,
    },
}

/// A session could not be begun.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// The record could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The record could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The provider has ended the session since it gave out the tokens.
    #[error("the provider has ended the session meanwhile")]
    EndedMeanwhile,
    /// The provider left the ID token out; verification refuses that before.
    #[error("the sign-in has no ID token")]
    NoIdToken,
}

/// Seconds after which a page that met an unreachable store is tried again.
const STORE_RETRY_SECONDS: u32 = 5;

impl Sessions {
    /// Joins store, keys, provider and limits.
    #[must_use]
    pub fn new(
        store: Arc<dyn SessionStore>,
        ring: KeyRing,
        scalekit: scalekit::Client,
        clock: Clock,
        limits: Limits,
    ) -> Self {
        let store: Arc<dyn SessionStore> = Arc::new(ObservedStore::new(store));
        Self {
            shared: Arc::new(Shared { store, ring, scalekit, clock, limits }),
            refreshes: Refreshes::default(),
            activity: Activity::default(),
        }
    }

    /// Begins a session under an identifier that was made for it, ends the one that the browser had before, and the person's oldest ones if they
    /// have too many.
    ///
    /// # Errors
    /// [`BeginError`]; then nothing has begun.
    pub async fn begin(
        &self,
        id: &SessionId,
        sign_in: &SignIn,
        at: SignedInAt,
        device: Device,
        previous: Option<SessionKey>,
    ) -> Result<(), BeginError> {
        let Shared { store, ring, clock, limits, .. } = &*self.shared;
        let (key, now) = (id.key(), clock.now());
        let session = Session::begin(&sign_in.id, &sign_in.access, device, limits, now);
        let tokens = SessionTokens {
            access_token: sign_in.tokens.access_token.clone(),
            id_token: sign_in.tokens.id_token.clone().ok_or(BeginError::NoIdToken)?,
            refresh_token: sign_in.tokens.refresh_token.clone(),
        };
        let record = record::begin(ring, &key, &session, &tokens, limits, now)?;
        if let Err(error) = self.add(&key, &record, (sign_in, at), previous, now).await {
            // Also where the store may have kept it all the same: nobody will ever hold its identifier, since whoever repeats the
            // answer gets the refusal that is settled before (`answers`). Should this fail too, it ends by itself when idle.
            let _ = store.delete(&key).await;
            return Err(error);
        }
        tracing::info!("session begun");
        Ok(())
    }

    /// Keeps a new session, and ends the person's oldest ones beyond the limit and the browser's previous one: that last, so that
    /// a failure leaves the browser what it had.
    async fn add(
        &self,
        key: &SessionKey,
        record: &Record,
        (sign_in, at): (&SignIn, SignedInAt),
        previous: Option<SessionKey>,
        now: i64,
    ) -> Result<(), BeginError> {
        let store = &self.shared.store;
        store.create(key, record, now).await?;
        // After it is stored: a notice that comes from here on finds it.
        if in_flight::has_ended(&**store, sign_in, at, now).await? {
            return Err(BeginError::EndedMeanwhile);
        }
        for surplus in self.surplus(&record.user, key, previous, now).await? {
            tracing::info!("a person's oldest session ended: they have too many");
            metrics::sessions_ended("limit", u64::from(store.delete(&surplus).await?));
        }
        if let Some(previous) = previous {
            metrics::sessions_ended("owner", u64::from(store.delete(&previous).await?));
        }
        Ok(())
    }

    /// The sessions that have to make room for the one that begins `now`: the oldest, ordered by sign-in and then by key. Never
    /// one that comes after it in this order: of two that begin together, at most one makes room for the other.
    async fn surplus(
        &self,
        user: &UserKey,
        begun: &SessionKey,
        previous: Option<SessionKey>,
        now: i64,
    ) -> Result<Vec<SessionKey>, StoreError> {
        let Shared { store, ring, limits, .. } = &*self.shared;
        let mut records = store.list_by_user(user, now).await?;
        records.retain(|(key, _)| Some(*key) != previous);
        let surplus = records.len().saturating_sub(limits.per_user());
        if surplus == 0 {
            return Ok(Vec::new());
        }
        let mut older: Vec<(i64, SessionKey)> = records
            .iter()
            // What can't be opened is of no use to anybody and goes first.
            .map(|(key, record)| {
                (record::open_session(ring, key, record).map_or(i64::MIN, |session| session.signed_in_at), *key)
            })
            .filter(|other| *other < (now, *begun))
            .collect();
        older.sort_unstable();
        Ok(older.into_iter().take(surplus).map(|(_, key)| key).collect())
    }

    /// A session that has not ended, as it was stored: nothing is refreshed, and it shows nothing of the person's presence.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    pub async fn stored(&self, key: &SessionKey) -> Result<Option<Session>, StoreError> {
        Ok(self.shared.load(key).await?.map(|found| found.session))
    }

    /// The session of a request, refreshed if its access token has ended. One that ends soon is served as it is and
    /// refreshed beside the request.
    pub async fn current(&self, key: &SessionKey, presence: Presence) -> Current {
        let LoadedSession { session, record } = match self.shared.load(key).await {
            Ok(Some(found)) => found,
            Ok(None) => return Current::Ended,
            Err(error) => return store_failed(&error),
        };
        let now = self.shared.clock.now();
        let prolonged_end = session.end(now, &self.shared.limits);
        let current = match session.freshness(now) {
            Freshness::Fresh => Current::SignedIn(Arc::new(session)),
            Freshness::Due => {
                drop(self.refreshes.start(&self.shared, key));
                Current::SignedIn(Arc::new(session))
            }
            Freshness::Expired => self.refreshed(key).await,
        };
        // A page that can't be shown tries again by itself, which is no activity.
        if presence == Presence::Active && matches!(current, Current::SignedIn(_)) {
            self.activity.note(&self.shared, key, &record, prolonged_end);
        }
        current
    }

    /// The session, refreshed if its access token has ended or ends soon. Shows nothing of the person's presence.
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

    /// The store, for marks that hold on all replicas.
    pub fn store(&self) -> &dyn SessionStore {
        &*self.shared.store
    }

    /// How many sessions there are. `None` if the store does not count them.
    ///
    /// # Errors
    /// [`StoreError`] if the store can't tell.
    pub async fn count(&self) -> Result<Option<u64>, StoreError> {
        self.shared.store.count(self.shared.clock.now()).await
    }

    /// Removes the sessions that had ended at this time from the store.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    pub async fn sweep(&self, time: i64) -> Result<u64, StoreError> {
        self.shared.store.delete_ended(time).await
    }

    /// Begins no token call any more: what is begun now could not be stored before the process ends. The tokens that are due stay
    /// unspent, for the next process.
    pub fn begin_no_refresh(&self) {
        self.refreshes.begin_no_more();
    }

    /// Begins no token call any more and waits for those under way, for at most `limit`. To be called before the process ends.
    pub async fn finish_refreshes(&self, limit: Duration) {
        if tokio::time::timeout(limit, self.refreshes.finish()).await.is_err() {
            tracing::warn!("refreshes were still under way when the process had to end");
        }
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`StoreError`] if it does not.
    pub async fn ping_store(&self) -> Result<(), StoreError> {
        self.shared.store.ping().await
    }
}

fn store_failed(error: &StoreError) -> Current {
    metrics::store_failed(error, "nobody can tell who is asking");
    Current::Unavailable { retry_after: STORE_RETRY_SECONDS }
}
