//! How a session begins: kept, unless the provider has ended it meanwhile; and what makes room for it.

use scalekit::SignIn;

use crate::{
    device::Device,
    id::{NoRandomness, SessionId, SessionKey, UserKey},
    in_flight::{self, SignedInAt, Standing},
    metrics, record,
    seal::SealError,
    session::{Session, SessionTokens},
    sessions::Sessions,
    shared::Shared,
    store::{Record, StoreError},
};

/// A session could not be begun.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BeginError {
    /// There is no randomness for an identifier.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
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

impl Sessions {
    /// Begins a session under an identifier that was made for it, ends the one that the browser had before,
    /// and the person's oldest ones if they have too many. With an error nothing has begun.
    pub(crate) async fn begin(
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
            // Also where the store may have kept it all the same: nobody will ever hold its identifier, since
            // whoever repeats the answer gets the refusal that is settled before (`login::answers`). Should
            // this fail too, it ends by itself when idle.
            let _ = store.delete(&key).await;
            return Err(error);
        }
        tracing::info!("session begun");
        Ok(())
    }

    /// Keeps a new session, and ends the person's oldest ones beyond the limit and the browser's previous
    /// one: that last, so that a failure leaves the browser what it had.
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
        if in_flight::standing_of_sign_in(&**store, sign_in, at, now).await? == Standing::Ended {
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

    /// The sessions that have to make room for the one that begins `now`: the oldest, ordered by sign-in and
    /// then by key. Never one that comes after it in this order: of two that begin together, at most one
    /// makes room for the other.
    async fn surplus(
        &self,
        user: &UserKey,
        begun: &SessionKey,
        previous: Option<SessionKey>,
        now: i64,
    ) -> Result<Vec<SessionKey>, StoreError> {
        let Shared { store, ring, limits, .. } = &*self.shared;
        // The one that the browser had may be among them.
        if store.count_by_user(user, now).await? <= limits.per_user() {
            return Ok(Vec::new());
        }
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
}
