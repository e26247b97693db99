//! What one refresh does: read the record, take its lease, spend the refresh token, verify, write back.
//!
//! - The record is read again under the lease: whoever comes late, in this process or another, finds the work done.
//! - Signing keys are fetched before the token call: a rotated token must not be lost for want of a key.
//! - Writing back is compare-and-swap onto a record that still exists: a finished sign-out can't be undone.
//! - `invalid_grant` ends the session, unless somebody else has rotated meanwhile. Everything else keeps it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use scalekit::{Error, TokenSet};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Outcome,
    lease::Lease,
    pace::{Go, Pace, Turn},
    setbacks::Setbacks,
};
use crate::server::{
    auth::sessions::{Found, Shared},
    metrics,
    session::{
        Freshness, Session, SessionTokens,
        id::{Mark, MarkOf, SessionKey},
        record,
        store::{Record, Replaced, StoreError},
    },
};

/// How often the record of a session that another process refreshes is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long the refresh of another process is waited for: longer than any token call and a lease that runs out.
const LONGEST_WAIT_FOR_OTHERS: Duration = Duration::from_secs(20);

/// For how long a rotated token is offered to a failing store before the session is given up, in seconds. Nobody can sign in
/// while it fails, so giving up earlier would help nobody.
const OFFERED_FOR: i64 = 60;

/// The longest pause between two attempts to store it: short, so that a store that is back is used at once.
const LONGEST_WRITE_PAUSE: Duration = Duration::from_secs(1);

/// How long it is remembered that a refresh token is being spent; seconds. Longer than a token call and all attempts to write.
const SPENDING_REMEMBERED: i64 = 2 * OFFERED_FOR;

/// How long a holder that lost its lease has to write what it got, before its token is tried: a pause between two attempts and
/// the slowest attempt.
const PATIENCE_WITH_PREDECESSORS: Duration = Duration::from_secs(5);

/// How often compare-and-swap is tried anew on a record that others write to as well.
const SWAP_ATTEMPTS: u32 = 3;

/// Refreshes the session, or waits for the process that does.
pub(super) async fn refresh(shared: &Arc<Shared>, pace: &Pace, setbacks: &Setbacks, key: &SessionKey) -> Outcome {
    let deadline = Instant::now() + LONGEST_WAIT_FOR_OTHERS;
    loop {
        if let Err(outcome) = find_expiring(shared, key).await {
            return outcome;
        }
        let go = match pace.turn(|| shared.clock.elapsed()).await {
            Turn::Go(go) => go,
            Turn::Later { retry_after } => return Outcome::Later { retry_after },
        };
        match Lease::take(shared, key).await {
            Ok(Some(lease)) => {
                let outcome = rotate(shared, Attempt { go, setbacks, key }, &lease).await;
                lease.release().await;
                return outcome;
            }
            // Somebody else is at it. Others may use this one's place in the line.
            Ok(None) => drop(go),
            Err(error) => return store_failed(&error),
        }
        if Instant::now() >= deadline {
            return Outcome::Later { retry_after: 2 };
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The session that needs a refresh, with its tokens; otherwise the outcome.
struct Expiring {
    found: Found,
    tokens: SessionTokens,
    refresh_token: SecretString,
}

async fn find_expiring(shared: &Shared, key: &SessionKey) -> Result<Expiring, Outcome> {
    let found = match shared.find(key).await {
        Ok(Some(found)) => found,
        Ok(None) => return Err(Outcome::Never),
        Err(error) => return Err(store_failed(&error)),
    };
    let freshness = found.session.freshness(shared.clock.now());
    if freshness == Freshness::Fresh {
        return Err(Outcome::Done(Arc::new(found.session)));
    }
    let Some(tokens) = record::open_tokens(&shared.ring, key, &found.record) else {
        return Err(end(shared, key, found.record.version, "its tokens can't be opened", "fault").await);
    };
    let Some(refresh_token) = tokens.refresh_token.clone() else {
        // Without a refresh token the session lives exactly as long as its access token.
        return Err(match freshness {
            Freshness::Expired => end(shared, key, found.record.version, "it has no refresh token", "limit").await,
            Freshness::Fresh | Freshness::Due => Outcome::Done(Arc::new(found.session)),
        });
    };
    Ok(Expiring { found, tokens, refresh_token })
}

/// One attempt to refresh a session, and where its failure is noted.
struct Attempt<'a> {
    go: Go,
    setbacks: &'a Setbacks,
    key: &'a SessionKey,
}

/// Spends the refresh token. The caller holds the lease.
async fn rotate(shared: &Shared, attempt: Attempt<'_>, lease: &Lease) -> Outcome {
    let Attempt { go, key, .. } = &attempt;
    let Expiring { found, tokens, refresh_token } = match find_expiring(shared, key).await {
        Ok(expiring) => expiring,
        Err(outcome) => return outcome,
    };
    let (now, version) = (shared.clock.now(), found.record.version);
    let spending = Mark::of(MarkOf::Refresh, refresh_token.expose_secret());
    let is_first = match shared.store.mark(&spending, now + SPENDING_REMEMBERED, now).await {
        Ok(is_first) => is_first,
        Err(error) => return store_failed(&error),
    };
    if !is_first && let Some(outcome) = predecessor(shared, key, &refresh_token).await {
        return outcome;
    }
    let answer = match shared.scalekit.keys_available(now).await {
        // A process that was suspended may have lost the lease without noticing; then the token is somebody else's to spend.
        Ok(()) if !lease.is_held() || !go.is_good() => {
            forget(shared, is_first.then_some(&spending)).await;
            return Outcome::Later { retry_after: 1 };
        }
        Ok(()) => metrics::token_call("refresh_token", shared.scalekit.refresh(&refresh_token)).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(fresh) => take_over(shared, attempt, found, tokens, fresh).await,
        Err(Error::Ended { .. }) => {
            attempt.go.went_well();
            end(shared, attempt.key, version, "the provider has ended it", "provider").await
        }
        Err(error) => {
            forget(shared, is_first.then_some(&spending)).await;
            postpone(shared, attempt, &error)
        }
    }
}

/// This attempt is over, and the next one is not told of it; but the mark of somebody who began before stays.
async fn forget(shared: &Shared, spending: Option<&Mark>) {
    if let Some(spending) = spending
        && let Err(error) = shared.store.unmark(spending).await
    {
        tracing::debug!(error = &error as &dyn std::error::Error, "a mark stays for two minutes");
    }
}

/// Verifies what the provider gave and writes it back.
async fn take_over(
    shared: &Shared,
    attempt: Attempt<'_>,
    found: Found,
    old: SessionTokens,
    fresh: TokenSet,
) -> Outcome {
    let Found { mut session, record } = found;
    let key = attempt.key;
    let now = shared.clock.now();
    let spent = old.refresh_token.clone();
    let refresh_token = fresh.refresh_token.clone().or(old.refresh_token);
    let verified = shared.scalekit.verify_refresh(fresh, &session.provider_identity(), Some(&old.id_token), now).await;
    match verified {
        Ok(refreshed) => {
            attempt.go.went_well();
            session.renew(&refreshed.access, refreshed.id.as_ref(), now);
            let tokens = SessionTokens {
                access_token: refreshed.tokens.access_token,
                id_token: refreshed.tokens.id_token.unwrap_or(old.id_token),
                refresh_token,
            };
            Rotated { shared, key, session, tokens, spent }.write(record.version).await
        }
        Err(error) if is_about_us(&error) => {
            // The provider has rotated all the same, so the new refresh token is kept; the unverified claims are not.
            let tokens = SessionTokens { access_token: old.access_token, id_token: old.id_token, refresh_token };
            match (Rotated { shared, key, session, tokens, spent }).write(record.version).await {
                Outcome::Done(_) => postpone(shared, attempt, &error),
                other => other,
            }
        }
        Err(error) => {
            attempt.go.went_well();
            tracing::error!(cause = &error as &dyn std::error::Error, "refreshed tokens did not pass verification");
            end(shared, key, record.version, "refreshed tokens did not pass verification", "fault").await
        }
    }
}

/// Whether it says more of this process than of the tokens: the key that signed them can't be had for now or is not published
/// yet, or the clocks differ by more than they may.
const fn is_about_us(error: &Error) -> bool {
    match error {
        Error::Unavailable { .. } => true,
        Error::Refused(rule) => rule.is_about_keys_or_time(),
        Error::Ended { .. } | Error::Misconfigured { .. } => false,
    }
}

/// A session whose refresh token was rotated, on its way to the store.
struct Rotated<'a> {
    shared: &'a Shared,
    key: &'a SessionKey,
    session: Session,
    tokens: SessionTokens,
    /// The refresh token that was spent for it.
    spent: Option<SecretString>,
}

impl Rotated<'_> {
    /// Compare-and-swap, retried while the store fails: the provider has rotated, so these tokens are the only good ones.
    async fn write(self, mut version: u64) -> Outcome {
        let Self { shared, key, ref session, ref tokens, .. } = self;
        let Ok(sealed) = record::seal(&shared.ring, key, session, tokens) else {
            return end(shared, key, version, "it can't be sealed", "fault").await;
        };
        let (mut failures, mut swaps, rotated_at) = (0_u32, 0, shared.clock.elapsed());
        loop {
            let written = shared.store.replace(key, version, &sealed.claims, &sealed.tokens, shared.clock.now()).await;
            let error = match written {
                Ok(Replaced::Yes) => {
                    tracing::debug!("session refreshed");
                    return Outcome::Done(Arc::new(self.session));
                }
                Ok(Replaced::Gone) => return Outcome::Never,
                Ok(Replaced::Changed) => match self.version_with_the_spent_token().await {
                    Ok(Some(current)) if swaps < SWAP_ATTEMPTS => {
                        swaps += 1;
                        version = current;
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

    /// The record's version now, if it still holds the token that was spent: then it was only sealed anew, and what was
    /// rotated is the newer. `None` if it holds another token, or is gone.
    async fn version_with_the_spent_token(&self) -> Result<Option<u64>, StoreError> {
        let Some(Found { record, .. }) = self.shared.find(self.key).await? else {
            return Ok(None);
        };
        let is_spent = self.spent.as_ref().is_some_and(|spent| holds(self.shared, self.key, &record, spent));
        Ok(is_spent.then_some(record.version))
    }
}

/// Somebody has begun to spend this token and lost the lease since. They may be about to write what they got, to a store that
/// failed them for a moment: waits for that. `None`: nothing came, so they have died, and nobody knows whether it is spent.
async fn predecessor(shared: &Shared, key: &SessionKey, spent: &SecretString) -> Option<Outcome> {
    let deadline = Instant::now() + PATIENCE_WITH_PREDECESSORS;
    loop {
        match shared.find(key).await {
            Ok(Some(found)) if !holds(shared, key, &found.record, spent) => return Some(theirs(shared, key).await),
            Ok(Some(_)) if Instant::now() < deadline => tokio::time::sleep(LOOK_EVERY).await,
            Ok(Some(_)) => return None,
            Ok(None) => return Some(Outcome::Never),
            Err(error) => return Some(store_failed(&error)),
        }
    }
}

/// Whether the record holds this refresh token.
fn holds(shared: &Shared, key: &SessionKey, record: &Record, refresh_token: &SecretString) -> bool {
    let kept = record::open_tokens(&shared.ring, key, record).and_then(|tokens| tokens.refresh_token);
    kept.is_some_and(|kept| kept.expose_secret() == refresh_token.expose_secret())
}

/// Somebody else wrote the record: use what they wrote.
async fn theirs(shared: &Shared, key: &SessionKey) -> Outcome {
    match shared.find(key).await {
        Ok(Some(found)) if found.session.freshness(shared.clock.now()) != Freshness::Expired => {
            Outcome::Done(Arc::new(found.session))
        }
        Ok(Some(_)) => Outcome::Later { retry_after: 1 },
        Ok(None) => Outcome::Never,
        Err(error) => store_failed(&error),
    }
}

/// Ends the session, unless somebody else has written its record since version `version` was read: `invalid_grant` then says
/// only that they were first, and a write that seemed to fail may have been stored.
async fn end(shared: &Shared, key: &SessionKey, version: u64, reason: &'static str, by: &'static str) -> Outcome {
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

fn store_failed(error: &StoreError) -> Outcome {
    metrics::store_failed(error, "a refresh waits");
    Outcome::Later { retry_after: 5 }
}

/// Nothing came of it, and the session is kept: it is left alone for a while, and so is the provider if other calls would fail too.
fn postpone(shared: &Shared, attempt: Attempt<'_>, error: &Error) -> Outcome {
    tracing::warn!(cause = error as &dyn std::error::Error, "a refresh is postponed");
    let now = shared.clock.elapsed();
    let wanted = match error {
        Error::Unavailable { retry_after, .. } => *retry_after,
        _ => None,
    };
    let own = attempt.setbacks.add(attempt.key, now);
    // A refused token comes here only if a key or a clock is to blame (`is_about_us`), which concerns all.
    let concerns_all = error.concerns_all_calls() || matches!(error, Error::Refused(_)) || own.is_none();
    let of_all = if concerns_all { attempt.go.failed(wanted, now) } else { 0 };
    Outcome::Later { retry_after: own.unwrap_or(0).max(of_all) }
}
