//! Refresh token rotation: one refresh per session at a time, in a task of its own, whoever asks and goes away.
//!
//! Three outcomes: done, later (the session is kept), never (it has ended). The rules:
//!
//! - The task reads the record again first: whoever comes late finds the work done.
//! - Signing keys are fetched before the token call: a rotated token must not be lost for want of a key.
//! - Writing back is compare-and-swap onto a record that still exists: a finished sign-out can't be undone.
//! - `invalid_grant` ends the session, unless another process has rotated meanwhile. Everything else keeps it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use scalekit::{Error, TokenSet, VerificationError};
use tokio::sync::watch;

use super::sessions::{Found, Shared};
use crate::server::session::{
    Freshness, Session, SessionTokens,
    id::SessionKey,
    record,
    store::{Replaced, StoreError},
};

/// How long a request waits for a refresh: the provider's time limit and a little.
const WAIT: Duration = Duration::from_secs(12);

/// Seconds after which a failed refresh may be tried again, at least and at most; doubled with each failure.
const FIRST_PAUSE_SECONDS: i64 = 1;
const LONGEST_PAUSE_SECONDS: i64 = 30;

/// How often a rotated token is offered to a failing store before the session is given up.
const WRITE_ATTEMPTS: u32 = 4;

/// How a refresh ended.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// The session has a good access token.
    Done(Arc<Session>),
    /// Not now; the session is kept.
    Later {
        /// Seconds after which another attempt makes sense.
        retry_after: u32,
    },
    /// The session has ended.
    Never,
}

/// The refreshes under way in this process.
#[derive(Clone, Default)]
pub(super) struct Refreshes {
    running: Arc<Mutex<HashMap<SessionKey, watch::Receiver<Option<Outcome>>>>>,
    pause: Arc<Mutex<Pause>>,
}

/// One refresh under way.
pub(super) struct Running(watch::Receiver<Option<Outcome>>);

impl Running {
    /// Waits for the outcome, bounded.
    pub(super) async fn outcome(mut self) -> Outcome {
        match tokio::time::timeout(WAIT, self.0.wait_for(Option::is_some)).await {
            Ok(Ok(outcome)) => outcome.clone().unwrap_or(Outcome::Never),
            // The task panicked or takes too long; the record tells the next request.
            Ok(Err(_)) | Err(_) => Outcome::Later { retry_after: 2 },
        }
    }
}

impl Refreshes {
    /// Starts a refresh, or joins the one under way.
    pub(super) fn start(&self, shared: &Arc<Shared>, key: &SessionKey) -> Running {
        let mut running = lock(&self.running);
        if let Some(receiver) = running.get(key) {
            return Running(receiver.clone());
        }
        let (sender, receiver) = watch::channel(None);
        running.insert(*key, receiver.clone());
        let entry = Entry { refreshes: self.clone(), key: *key };
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            let outcome = refresh(&shared, &entry.refreshes.pause, &entry.key).await;
            // First out of the map, then the news: whoever starts another refresh now finds the work done.
            drop(entry);
            sender.send_replace(Some(outcome));
        });
        Running(receiver)
    }
}

impl Refreshes {
    /// Waits until no refresh is under way: a rotated token must reach the store before the process ends.
    pub(super) async fn finish(&self) {
        loop {
            let Some(mut receiver) = lock(&self.running).values().next().cloned() else { return };
            // Closed or done: either way its entry is gone.
            let _ = receiver.wait_for(Option::is_some).await;
        }
    }
}

/// Removes the refresh from the map when its task ends, by whatever way.
struct Entry {
    refreshes: Refreshes,
    key: SessionKey,
}

impl Drop for Entry {
    fn drop(&mut self) {
        lock(&self.refreshes.running).remove(&self.key);
    }
}

async fn refresh(shared: &Shared, pause: &Mutex<Pause>, key: &SessionKey) -> Outcome {
    let found = match shared.find(key).await {
        Ok(Some(found)) => found,
        Ok(None) => return Outcome::Never,
        Err(error) => return store_failed(&error),
    };
    let now = shared.clock.now();
    let freshness = found.session.freshness(now);
    if freshness == Freshness::Fresh {
        return Outcome::Done(Arc::new(found.session));
    }
    if let Some(retry_after) = lock(pause).remaining(now) {
        return Outcome::Later { retry_after };
    }
    let Some(tokens) = record::open_tokens(&shared.ring, key, &found.record) else {
        return end(shared, key, "its tokens can't be opened").await;
    };
    let Some(refresh_token) = tokens.refresh_token.clone() else {
        // Without a refresh token the session lives exactly as long as its access token.
        return match freshness {
            Freshness::Expired => end(shared, key, "it has no refresh token").await,
            Freshness::Fresh | Freshness::Due => Outcome::Done(Arc::new(found.session)),
        };
    };
    let answer = match shared.scalekit.keys_available(now).await {
        Ok(()) => shared.scalekit.refresh(&refresh_token).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(fresh) => take_over(shared, pause, key, found, tokens, fresh).await,
        Err(Error::Ended { .. }) => ended_by_provider(shared, key, found.record.version).await,
        Err(error) => postpone(pause, &error, now),
    }
}

/// Verifies what the provider gave and writes it back.
async fn take_over(
    shared: &Shared,
    pause: &Mutex<Pause>,
    key: &SessionKey,
    found: Found,
    old: SessionTokens,
    fresh: TokenSet,
) -> Outcome {
    let Found { mut session, record } = found;
    let now = shared.clock.now();
    let refresh_token = fresh.refresh_token.clone().or(old.refresh_token);
    match shared.scalekit.verify_refresh(fresh, &session.provider_identity(), now).await {
        Ok(refreshed) => {
            lock(pause).end();
            session.renew(&refreshed.access, refreshed.id.as_ref(), now);
            let tokens = SessionTokens {
                access_token: refreshed.tokens.access_token,
                id_token: refreshed.tokens.id_token.unwrap_or(old.id_token),
                refresh_token,
            };
            write(shared, key, record.version, session, &tokens).await
        }
        Err(error @ (Error::Unavailable { .. } | Error::Refused(VerificationError::UnknownKey))) => {
            // The key that signed these tokens can't be had for now, or is not published yet. The provider has rotated all
            // the same, so the new refresh token is kept; the unverified claims are not.
            let tokens = SessionTokens { access_token: old.access_token, id_token: old.id_token, refresh_token };
            match write(shared, key, record.version, session, &tokens).await {
                Outcome::Done(_) => postpone(pause, &error, now),
                other => other,
            }
        }
        Err(error) => {
            tracing::error!(cause = &error as &dyn std::error::Error, "refreshed tokens did not pass verification");
            end(shared, key, "refreshed tokens did not pass verification").await
        }
    }
}

/// Compare-and-swap, retried while the store fails: the provider has rotated, so these tokens are the only good ones.
async fn write(shared: &Shared, key: &SessionKey, version: u64, session: Session, tokens: &SessionTokens) -> Outcome {
    let Ok(sealed) = record::seal(&shared.ring, key, &session, tokens) else {
        return end(shared, key, "it can't be sealed").await;
    };
    for attempt in 1..=WRITE_ATTEMPTS {
        match shared.store.replace(key, version, &sealed).await {
            Ok(Replaced::Yes) => {
                tracing::debug!("session refreshed");
                return Outcome::Done(Arc::new(session));
            }
            Ok(Replaced::Gone) => return Outcome::Never,
            Ok(Replaced::Changed) => return theirs(shared, key).await,
            Err(error) => {
                tracing::warn!(
                    attempt,
                    error = &error as &dyn std::error::Error,
                    "a refreshed session could not be stored"
                );
                tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
            }
        }
    }
    end(shared, key, "the store did not take the rotated tokens").await
}

/// `invalid_grant`: the session is over, unless another process spent the refresh token before us.
async fn ended_by_provider(shared: &Shared, key: &SessionKey, version: u64) -> Outcome {
    match shared.find(key).await {
        Ok(Some(found)) if found.record.version != version => theirs(shared, key).await,
        Ok(_) => end(shared, key, "the provider has ended it").await,
        Err(error) => store_failed(&error),
    }
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

async fn end(shared: &Shared, key: &SessionKey, reason: &'static str) -> Outcome {
    tracing::info!(reason, "session ended");
    match shared.store.delete(key).await {
        Ok(_) => Outcome::Never,
        Err(error) => store_failed(&error),
    }
}

fn store_failed(error: &StoreError) -> Outcome {
    tracing::error!(error = error as &dyn std::error::Error, "the session store failed");
    Outcome::Later { retry_after: 5 }
}

fn postpone(pause: &Mutex<Pause>, error: &Error, now: i64) -> Outcome {
    tracing::warn!(cause = error as &dyn std::error::Error, "a refresh is postponed");
    let wanted = match error {
        Error::Unavailable { retry_after, .. } => *retry_after,
        _ => None,
    };
    Outcome::Later { retry_after: lock(pause).begin(wanted, now) }
}

/// The provider is out of reach: the whole process leaves it alone for a moment, longer after each failure.
#[derive(Debug, Default)]
struct Pause {
    failures: u32,
    until: i64,
}

impl Pause {
    fn begin(&mut self, wanted: Option<Duration>, now: i64) -> u32 {
        // Calls that were under way when the pause began tell nothing new: only a failure after a pause doubles it.
        if self.until <= now {
            self.failures += 1;
        }
        let doubled = FIRST_PAUSE_SECONDS << self.failures.saturating_sub(1).min(5);
        let seconds = wanted.map_or(0, |wanted| i64::try_from(wanted.as_secs()).unwrap_or(i64::MAX));
        let seconds = seconds.max(doubled.min(LONGEST_PAUSE_SECONDS));
        self.until = self.until.max(now.saturating_add(seconds));
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }

    fn remaining(&self, now: i64) -> Option<u32> {
        u32::try_from(self.until - now).ok().filter(|seconds| *seconds > 0)
    }

    fn end(&mut self) {
        *self = Self::default();
    }
}

/// No critical section here can leave its data half-changed, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_its_limit_and_honours_retry_after() {
        let mut pause = Pause::default();
        let seconds: Vec<u32> = (1..=7).map(|round| pause.begin(None, round * 100)).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(pause.remaining(729), Some(1));
        assert_eq!(pause.remaining(730), None);
        assert_eq!(pause.begin(Some(Duration::from_secs(60)), 800), 60);
        pause.end();
        assert_eq!(pause.remaining(800), None);
        assert_eq!(pause.begin(None, 800), 1);
    }

    #[test]
    fn failures_that_were_under_way_when_the_pause_began_do_not_lengthen_it() {
        let mut pause = Pause::default();
        for _ in 0..10 {
            assert_eq!(pause.begin(None, 100), 1);
        }
        assert_eq!(pause.begin(None, 101), 2);
    }
}
