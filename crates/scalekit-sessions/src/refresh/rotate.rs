//! What one refresh does: read the record, take its lease, spend the refresh token, verify, write back.
//!
//! - The record is read again under the lease: whoever comes late, in this process or another, finds the work
//!   done.
//! - Signing keys are fetched before the token call: a rotated token must not be lost for want of a key.
//! - Writing back (`write`) is compare-and-swap onto a record that still exists: a finished sign-out can't be
//!   undone.
//! - What the provider refuses ends the session only if `refusal` says so, and somebody else has not rotated
//!   meanwhile.
//! - Tokens that break a rule are never believed, and end the session only if they are somebody else's.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use scalekit::{Blame, Error, TokenSet};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    backoff::Backoff,
    circuit_breaker::{CircuitBreaker, Permission, Permit},
    outcome::Outcome,
    refusal::{self, Verdict},
    write::{OFFERED_FOR, Rotated, end, holds, is_same, note_refusal, store_failed, theirs},
};
use crate::{
    id::{Mark, MarkOf, SessionKey},
    in_flight::{self, Standing},
    lease::Lease,
    metrics,
    patience::{LONGEST_TOKEN_CALL, PREDECESSOR},
    record,
    session::{Freshness, Session, SessionTokens},
    shared::{LoadedSession, Shared},
};

/// How often the record of a session that another process refreshes is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long it is remembered that a refresh token is being spent; seconds. Longer than a token call and all
/// attempts to write.
const SPENDING_REMEMBERED: i64 = 2 * OFFERED_FOR;
const _: () = assert!(SPENDING_REMEMBERED.unsigned_abs() > OFFERED_FOR.unsigned_abs() + LONGEST_TOKEN_CALL.as_secs());

/// Refreshes the session, or waits for the process that does.
pub(super) async fn refresh(
    shared: &Arc<Shared>,
    breaker: &CircuitBreaker,
    backoff: &Backoff,
    key: &SessionKey,
) -> Outcome {
    let deadline = Instant::now() + shared.patience().other_process();
    loop {
        if let Err(outcome) = find_expiring(shared, key).await {
            return outcome;
        }
        let permit = match breaker.permission(|| shared.clock.elapsed()).await {
            Permission::Granted(permit) => permit,
            Permission::Later { retry_after } => return Outcome::Later { retry_after },
        };
        match Lease::take(shared, key).await {
            Ok(Some(lease)) => {
                let outcome = rotate(shared, Attempt { permit, backoff, key }, &lease).await;
                lease.release().await;
                return outcome;
            }
            // Somebody else is at it. Others may use this one's permit.
            Ok(None) => drop(permit),
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
    found: LoadedSession,
    tokens: SessionTokens,
    refresh_token: SecretString,
}

async fn find_expiring(shared: &Shared, key: &SessionKey) -> Result<Expiring, Outcome> {
    let found = match shared.load(key).await {
        Ok(Some(found)) => found,
        Ok(None) => return Err(Outcome::Never),
        Err(error) => return Err(store_failed(&error)),
    };
    let freshness = found.session.freshness(shared.clock.now());
    if freshness == Freshness::Fresh {
        return Err(Outcome::Done(Arc::new(found.session)));
    }
    if let Some(retry_after) = refusal::second_try_in(found.session.refusal.as_ref(), shared.clock.now()) {
        return Err(Outcome::Later { retry_after });
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
    permit: Permit,
    backoff: &'a Backoff,
    key: &'a SessionKey,
}

/// Spends the refresh token. The caller holds the lease.
async fn rotate(shared: &Shared, attempt: Attempt<'_>, lease: &Lease) -> Outcome {
    let Attempt { permit, key, .. } = &attempt;
    let Expiring { found, tokens, refresh_token } = match find_expiring(shared, key).await {
        Ok(expiring) => expiring,
        Err(outcome) => return outcome,
    };
    let now = shared.clock.now();
    let spending = Mark::of(MarkOf::Refresh, refresh_token.expose_secret());
    let is_first = match shared.store.mark(&spending, now + SPENDING_REMEMBERED, now).await {
        Ok(is_first) => is_first,
        Err(error) => return store_failed(&error),
    };
    if !is_first && let Some(outcome) = predecessor(shared, key, &refresh_token).await {
        return outcome;
    }
    let answer = match shared.scalekit.keys_available(now).await {
        // A process that was suspended may have lost the lease without noticing; then the token is somebody
        // else's to spend.
        Ok(()) if !lease.is_held() || !permit.is_good() => {
            forget(shared, is_first.then_some(&spending)).await;
            return Outcome::Later { retry_after: 1 };
        }
        Ok(()) => metrics::token_call("refresh_token", shared.scalekit.refresh(&refresh_token)).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(fresh) => {
            let is_rotated = fresh.refresh_token.as_ref().is_some_and(|new| !is_same(new, &refresh_token));
            let outcome = take_over(shared, attempt, found, tokens, fresh).await;
            if !is_rotated {
                // It is as good as before, and nobody has to wait for whoever else is spending it.
                forget(shared, Some(&spending)).await;
            }
            outcome
        }
        Err(error) => {
            forget(shared, is_first.then_some(&spending)).await;
            refused(shared, attempt, found, &tokens, &error).await
        }
    }
}

/// The provider has not given any tokens: the session ends, or is tried again later.
async fn refused(
    shared: &Shared,
    attempt: Attempt<'_>,
    found: LoadedSession,
    tokens: &SessionTokens,
    error: &Error,
) -> Outcome {
    match refusal::judge(error, &found.session, shared.clock.now()) {
        Verdict::End { reason, by } => {
            attempt.permit.went_well();
            tracing::info!(cause = error as &dyn std::error::Error, "a refresh is refused for good");
            end(shared, attempt.key, found.record.version, reason, by).await
        }
        Verdict::Note(refusal) => {
            let refusal = note_refusal(shared, attempt.key, found, tokens, refusal).await;
            let second_try = refusal::second_try_in(refusal.as_ref(), shared.clock.now()).unwrap_or(0);
            postpone(shared, attempt, error, second_try)
        }
        Verdict::Keep => postpone(shared, attempt, error, 0),
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
    found: LoadedSession,
    old: SessionTokens,
    fresh: TokenSet,
) -> Outcome {
    let LoadedSession { mut session, record } = found;
    session.refusal = None;
    let key = attempt.key;
    let now = shared.clock.now();
    let spent = old.refresh_token.clone();
    let refresh_token = fresh.refresh_token.clone().or(old.refresh_token);
    let verified = shared.scalekit.verify_refresh(fresh, &session.provider_identity(), Some(&old.id_token), now).await;
    let error = match verified {
        Ok(refreshed) => {
            attempt.permit.went_well();
            if let Some(error) = refreshed.id_refused {
                metrics::refreshed_tokens_refused("id_token");
                tracing::warn!(cause = &error as &dyn std::error::Error, "a refreshed ID token is not used");
            }
            let is_moved = refreshed.access.oid != session.identity.organization_id;
            if is_moved {
                tracing::info!("a refresh has brought another organization of the same person");
            }
            session.renew(&refreshed.access, refreshed.id.as_ref(), now);
            let tokens = SessionTokens {
                access_token: refreshed.tokens.access_token,
                id_token: refreshed.tokens.id_token.unwrap_or(old.id_token),
                refresh_token,
            };
            return match (Rotated { shared, key, session, tokens, spent }).write(record.version).await {
                Outcome::Done(session) if is_moved => unless_left(shared, key, session, refreshed.access.iat).await,
                other => other,
            };
        }
        Err(error) => error,
    };
    match refusal::blame(&error) {
        Blame::SomebodyElse => {
            attempt.permit.went_well();
            metrics::refreshed_tokens_refused("somebody_else");
            tracing::error!(cause = &error as &dyn std::error::Error, "refreshed tokens are somebody else's");
            return end(shared, key, record.version, "refreshed tokens are somebody else's", "fault").await;
        }
        Blame::Moment => metrics::refreshed_tokens_refused("moment"),
        Blame::Environment => {
            metrics::refreshed_tokens_refused("environment");
            tracing::error!(
                cause = &error as &dyn std::error::Error,
                "refreshed tokens are not as this environment's were: nobody's can be refreshed until that is settled"
            );
        }
    }
    // The provider has rotated all the same, so the new refresh token is kept; the unverified claims are not.
    let tokens = SessionTokens { access_token: old.access_token, id_token: old.id_token, refresh_token };
    match (Rotated { shared, key, session, tokens, spent }).write(record.version).await {
        Outcome::Done(_) => postpone(shared, attempt, &error, 0),
        other => other,
    }
}

/// The session, which tokens of `issued_at` have moved to another organization, unless the person has left
/// that one since: the notice of it found the session in the one of before, if it came before the session was
/// written.
async fn unless_left(shared: &Shared, key: &SessionKey, session: Arc<Session>, issued_at: i64) -> Outcome {
    let (user, organization) = (&session.identity.user_id, &session.identity.organization_id);
    match in_flight::standing_of_membership(&*shared.store, user, organization, issued_at).await {
        Ok(Standing::Good) => return Outcome::Done(session),
        Ok(Standing::Ended) => tracing::info!("the person has left the organization that a refresh has brought"),
        // Nobody looks again: better one sign-in too many than a session too long.
        Err(error) => metrics::store_failed(&error, "a refresh into another organization counts for nothing"),
    }
    match shared.store.delete(key).await {
        Ok(ended) => {
            metrics::sessions_ended("provider", u64::from(ended));
            Outcome::Never
        }
        Err(error) => store_failed(&error),
    }
}

/// Somebody has begun to spend this token and lost the lease since. They may be about to write what they got,
/// to a store that failed them for a moment: waits for that. `None`: nothing came, so they have died, and
/// nobody knows whether it is spent.
async fn predecessor(shared: &Shared, key: &SessionKey, spent: &SecretString) -> Option<Outcome> {
    let deadline = Instant::now() + PREDECESSOR;
    loop {
        match shared.load(key).await {
            Ok(Some(found)) if !holds(shared, key, &found.record, spent) => return Some(theirs(shared, key).await),
            Ok(Some(_)) if Instant::now() < deadline => tokio::time::sleep(LOOK_EVERY).await,
            Ok(Some(_)) => return None,
            Ok(None) => return Some(Outcome::Never),
            Err(error) => return Some(store_failed(&error)),
        }
    }
}

/// Nothing came of it, and the session is kept: it is left alone for a while, of `at_least` so many seconds,
/// and so is the provider if other calls would fail too.
fn postpone(shared: &Shared, attempt: Attempt<'_>, error: &Error, at_least: u32) -> Outcome {
    tracing::warn!(cause = error as &dyn std::error::Error, "a refresh is postponed");
    let now = shared.clock.elapsed();
    let wanted = match error {
        Error::Unavailable { retry_after, .. } => *retry_after,
        _ => None,
    };
    let own = attempt.backoff.add(attempt.key, now);
    // A key that is not there, or a clock, concerns all. What the environment does to its tokens may too, but
    // the provider answers as it should: the session is left alone, and the provider is not.
    let is_of_the_moment = matches!(error, Error::Refused(rule) if rule.blame() == Blame::Moment);
    let of_all = if error.concerns_all_calls() || is_of_the_moment || own.is_none() {
        attempt.permit.failed(wanted, now)
    } else {
        attempt.permit.went_well();
        0
    };
    Outcome::Later { retry_after: own.unwrap_or(0).max(of_all).max(at_least) }
}
