//! The signed-in sessions: begun at sign-in, found and kept fresh for each request, ended at sign-out.
//!
//! Joins the rules of `server::session` with the store and the provider. Not here: cookies and requests.

use std::{sync::Arc, time::Duration};

use scalekit::SignIn;

use super::refresh::{Outcome, Refreshes};
use crate::server::{
    clock::Clock,
    session::{
        Freshness, Session, SessionTokens,
        id::{NoRandomness, SessionId, SessionKey},
        record,
        seal::{KeyRing, SealError},
        store::{Record, SessionStore, StoreError},
    },
};

/// Finds, begins, refreshes and ends sessions.
#[derive(Clone)]
pub struct Sessions {
    shared: Arc<Shared>,
    refreshes: Refreshes,
}

/// What sessions and their refreshes work with.
pub(super) struct Shared {
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) ring: KeyRing,
    pub(super) scalekit: scalekit::Client,
    pub(super) clock: Clock,
    lifetime: Duration,
}

/// A session that was found, its tokens still sealed.
pub(super) struct Found {
    pub(super) session: Session,
    pub(super) record: Record,
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
    /// No identifier could be made.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The record could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The record could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The provider left the ID token out; verification refuses that before.
    #[error("the sign-in has no ID token")]
    NoIdToken,
}

/// Seconds after which a page that met an unreachable store is tried again.
const STORE_RETRY_SECONDS: u32 = 5;

impl Sessions {
    /// Joins store, keys and provider. `lifetime` is a session's absolute lifetime.
    #[must_use]
    pub fn new(
        store: Arc<dyn SessionStore>,
        ring: KeyRing,
        scalekit: scalekit::Client,
        clock: Clock,
        lifetime: Duration,
    ) -> Self {
        Self { shared: Arc::new(Shared { store, ring, scalekit, clock, lifetime }), refreshes: Refreshes::default() }
    }

    /// Begins a session with a new identifier and ends the one that the browser had before.
    ///
    /// # Errors
    /// [`BeginError`]; then the browser keeps what it had.
    pub async fn begin(&self, sign_in: &SignIn, previous: Option<SessionKey>) -> Result<SessionId, BeginError> {
        let Shared { store, ring, clock, lifetime, .. } = &*self.shared;
        let id = SessionId::generate()?;
        let session = Session::begin(&sign_in.id, &sign_in.access, *lifetime, clock.now());
        let tokens = SessionTokens {
            access_token: sign_in.tokens.access_token.clone(),
            id_token: sign_in.tokens.id_token.clone().ok_or(BeginError::NoIdToken)?,
            refresh_token: sign_in.tokens.refresh_token.clone(),
        };
        store.create(&id.key(), &record::seal(ring, &id.key(), &session, &tokens)?).await?;
        if let Some(previous) = previous {
            store.delete(&previous).await?;
        }
        tracing::info!("session begun");
        Ok(id)
    }

    /// The session of a request, refreshed if its access token has ended. One that ends soon is served as it is and
    /// refreshed beside the request.
    pub async fn current(&self, key: &SessionKey) -> Current {
        match self.shared.find(key).await {
            Ok(Some(Found { session, .. })) => match session.freshness(self.shared.clock.now()) {
                Freshness::Fresh => Current::SignedIn(Arc::new(session)),
                Freshness::Due => {
                    drop(self.refreshes.start(&self.shared, key));
                    Current::SignedIn(Arc::new(session))
                }
                Freshness::Expired => self.refreshed(key).await,
            },
            Ok(None) => Current::Ended,
            Err(error) => store_failed(&error),
        }
    }

    /// The session, refreshed if its access token has ended or ends soon.
    pub async fn refresh_if_due(&self, key: &SessionKey) -> Current {
        match self.shared.find(key).await {
            Ok(Some(Found { session, .. })) => match session.freshness(self.shared.clock.now()) {
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

    /// Ends a session and answers with its tokens, which the provider needs to end its own. `None` if there was none.
    ///
    /// # Errors
    /// [`StoreError`] if the record can't be deleted.
    pub async fn end(&self, key: &SessionKey) -> Result<Option<SessionTokens>, StoreError> {
        let Shared { store, ring, clock, .. } = &*self.shared;
        let stored = store.load(key, clock.now()).await?;
        store.delete(key).await?;
        tracing::info!("session ended by its owner");
        Ok(stored.and_then(|stored| record::open_tokens(ring, key, &stored)))
    }

    /// Removes the sessions that have ended from the store.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        self.shared.store.delete_ended(self.shared.clock.now()).await
    }

    /// Waits until no refresh is under way, for at most `limit`. To be called before the process ends.
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

impl Shared {
    /// Loads and opens a session. A record that no key opens counts as absent: it was sealed by keys that are gone.
    pub(super) async fn find(&self, key: &SessionKey) -> Result<Option<Found>, StoreError> {
        let now = self.clock.now();
        let Some(record) = self.store.load(key, now).await? else {
            return Ok(None);
        };
        let session = record::open_session(&self.ring, key, &record).filter(|session| !session.has_ended(now));
        Ok(session.map(|session| Found { session, record }))
    }
}

fn store_failed(error: &StoreError) -> Current {
    tracing::error!(error = error as &dyn std::error::Error, "the session store failed");
    Current::Unavailable { retry_after: STORE_RETRY_SECONDS }
}
