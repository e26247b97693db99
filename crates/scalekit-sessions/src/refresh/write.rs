//! Writes what a refresh brought to the store, and ends sessions: both only in the version of the record that
//! was read.
//!
//! The provider has rotated by then, so these tokens are the only good ones: they are offered until the store
//! takes them. Not here: what is written (`rotate`).

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};

use super::outcome::Outcome;
use crate::{
    id::SessionKey,
    metrics,
    patience::RETRY_SECONDS,
    record,
    session::{Freshness, Refusal, Session, SessionTokens},
    shared::{LoadedSession, Shared},
    store::{Record, Replaced, StoreError},
};

/// For how long a rotated token is offered to a failing store before the session is given up, in seconds.
/// Nobody can sign in while it fails, so giving up earlier would help nobody.
pub(super) const OFFERED_FOR: i64 = 60;

/// The longest pause between two attempts to store it: short, so that a store that is back is used at once.
const LONGEST_WRITE_PAUSE: Duration = Duration::from_secs(1);

/// How often compare-and-swap is tried anew on a record that others write to as well: the application to its
/// own data, as often as it likes.
const SWAP_ATTEMPTS: u32 = 20;

/// A session whose refresh token was rotated, on its way to the store.
pub(super) struct Rotated<'a> {
    pub(super) shared: &'a Shared,
    pub(super) key: &'a SessionKey,
    pub(super) session: Session,
    pub(super) tokens: SessionTokens,
    /// The refresh token that was spent for it.
    pub(super) spent: Option<SecretString>,
}

impl Rotated<'_> {
    /// Compare-and-swap, retried while the store fails: the provider has rotated, so these tokens are the
    /// only good ones.
    pub(super) async fn write(mut self, mut version: u64) -> Outcome {
        let Self { shared, key, .. } = self;
        let (mut failures, mut swaps, rotated_at) = (0_u32, 0, shared.clock.elapsed());
        loop {
            let Ok(sealed) = record::seal(&shared.ring, key, &self.session, &self.tokens) else {
                return end(shared, key, version, "it can't be sealed", "fault").await;
            };
            let written = shared.store.replace(key, version, &sealed.claims, &sealed.tokens, shared.clock.now()).await;
            let error = match written {
                Ok(Replaced::Yes) => {
                    tracing::debug!("session refreshed");
                    return Outcome::Done(Arc::new(self.session));
                }
                Ok(Replaced::Gone) => return Outcome::Never,
                Ok(Replaced::Changed) => match self.record_with_the_spent_token().await {
                    Ok(Some(LoadedSession { session, record })) if swaps < SWAP_ATTEMPTS => {
                        swaps += 1;
                        version = record.version;
                        self.session.app_data = session.app_data;
                        continue;
                    }
                    Ok(_) => return theirs(shared, key).await,
                    Err(error) => error,
                },
                Err(error) => error,
            };
            failures += 1;
            metrics::store_write_retried();
            tracing::warn!(
                attempt = failures,
                error = &error as &dyn std::error::Error,
                "a refreshed session could not be stored"
            );
            drop(error);
            if shared.clock.elapsed() - rotated_at >= OFFERED_FOR {
                return end(shared, key, version, "the store did not take the rotated tokens", "fault").await;
            }
            tokio::time::sleep(LONGEST_WRITE_PAUSE.min(Duration::from_millis(100 << failures.min(5)))).await;
        }
    }

    /// The record now, if it still holds the token that was spent: then it was sealed anew or the application
    /// has changed its own data, and what was rotated is the newer. `None` if it holds another token, or is
    /// gone.
    async fn record_with_the_spent_token(&self) -> Result<Option<LoadedSession>, StoreError> {
        let found = self.shared.load(self.key).await?;
        let is_spent = |found: &LoadedSession| {
            self.spent.as_ref().is_some_and(|spent| holds(self.shared, self.key, &found.record, spent))
        };
        Ok(found.filter(is_spent))
    }
}

/// Whether the record holds this refresh token.
pub(super) fn holds(shared: &Shared, key: &SessionKey, record: &Record, refresh_token: &SecretString) -> bool {
    let kept = record::open_tokens(&shared.ring, key, record).and_then(|tokens| tokens.refresh_token);
    kept.is_some_and(|kept| is_same(&kept, refresh_token))
}

pub(super) fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

/// Notes in the record that the provider refuses the session. Should somebody else write it meanwhile, or the
/// store fail, this refusal does not count.
pub(super) async fn note_refusal(
    shared: &Shared,
    key: &SessionKey,
    found: LoadedSession,
    tokens: &SessionTokens,
    refusal: Refusal,
) -> Option<Refusal> {
    let LoadedSession { mut session, record } = found;
    let now = shared.clock.now();
    session.refusal = Some(refusal);
    let sealed = record::seal(&shared.ring, key, &session, tokens).ok()?;
    match shared.store.replace(key, record.version, &sealed.claims, &sealed.tokens, now).await {
        Ok(Replaced::Yes) => session.refusal,
        Ok(Replaced::Changed | Replaced::Gone) => None,
        Err(error) => {
            metrics::store_failed(&error, "a refusal is not noted");
            None
        }
    }
}

/// Somebody else wrote the record: use what they wrote.
pub(super) async fn theirs(shared: &Shared, key: &SessionKey) -> Outcome {
    match shared.load(key).await {
        Ok(Some(found)) if found.session.freshness(shared.clock.now()) != Freshness::Expired => {
            Outcome::Done(Arc::new(found.session))
        }
        Ok(Some(_)) => Outcome::Later { retry_after: 1 },
        Ok(None) => Outcome::Never,
        Err(error) => store_failed(&error),
    }
}

/// Ends the session, unless somebody else has written its record since version `version` was read:
/// `invalid_grant` then says only that they were first, and a write that seemed to fail may have been stored.
pub(super) async fn end(
    shared: &Shared,
    key: &SessionKey,
    version: u64,
    reason: &'static str,
    by: &'static str,
) -> Outcome {
    match shared.store.delete_version(key, version).await {
        Ok(Replaced::Yes) => {
            tracing::info!(reason, "session ended");
            metrics::sessions_ended(by, 1);
            Outcome::Never
        }
        Ok(Replaced::Changed) => theirs(shared, key).await,
        Ok(Replaced::Gone) => Outcome::Never,
        Err(error) => store_failed(&error),
    }
}

pub(super) fn store_failed(error: &StoreError) -> Outcome {
    metrics::store_failed(error, "a refresh waits");
    Outcome::Later { retry_after: RETRY_SECONDS }
}
