//! The circuit breaker in front of the provider: so many token calls at once, none for a moment after one
//! failed, and then one that tries whether the provider is back.
//!
//! Shared by all sessions of the process. Not here: which call is made, and what becomes of its answer.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::metrics;

/// Refreshes that may be at the provider at the same time, for each process. Ten thousand sessions that
/// expire together stand in line for it.
pub const TOKEN_CALLS_AT_ONCE: usize = 32;

/// Seconds for which the provider is left alone after a failure, at least and at most; doubled with each
/// failure.
const FIRST_PAUSE_SECONDS: i64 = 1;
const LONGEST_PAUSE_SECONDS: i64 = 30;

/// The circuit breaker of one process.
#[derive(Clone)]
pub(super) struct CircuitBreaker {
    calls: Arc<Semaphore>,
    pause: Arc<Mutex<Pause>>,
}

/// Whether a call may be made now.
pub(super) enum Permission {
    Granted(Permit),
    /// The provider is left alone for now.
    Later {
        /// Seconds after which another attempt makes sense, different for everybody who asks.
        retry_after: u32,
    },
}

/// Leave to make one call. Tell it how the call went; dropped without a word, it counts as not made.
pub(super) struct Permit {
    breaker: CircuitBreaker,
    is_trial: bool,
    round: u64,
    _call: OwnedSemaphorePermit,
}

impl Default for CircuitBreaker {
    fn default() -> Self {
        Self { calls: Arc::new(Semaphore::new(TOKEN_CALLS_AT_ONCE)), pause: Arc::default() }
    }
}

impl CircuitBreaker {
    /// Waits until fewer calls than the cap are under way, and asks then. `now` is in seconds by a clock that
    /// nobody sets.
    pub(super) async fn permission(&self, now: impl Fn() -> i64) -> Permission {
        // Closed: the process is about to end.
        let Ok(call) = Arc::clone(&self.calls).acquire_owned().await else {
            return Permission::Later { retry_after: 1 };
        };
        let mut pause = self.pause.lock();
        let is_trial = match pause.ask(now(), random()) {
            Asked::Call => false,
            Asked::Trial => true,
            Asked::Later(retry_after) => return Permission::Later { retry_after },
        };
        Permission::Granted(Permit { breaker: self.clone(), is_trial, round: pause.round, _call: call })
    }
}

impl CircuitBreaker {
    /// Permits no call any more.
    pub(super) fn close(&self) {
        self.calls.close();
    }
}

impl Permit {
    /// Whether the call may still be made: not so once the process is about to end.
    pub(super) fn is_good(&self) -> bool {
        !self.breaker.calls.is_closed()
    }

    /// The provider answered as it should.
    pub(super) fn went_well(self) {
        self.breaker.pause.lock().end(self.round);
    }

    /// The provider failed. `wanted` is how long it asked to be left alone. Answers with the seconds after
    /// which another attempt makes sense.
    pub(super) fn failed(self, wanted: Option<Duration>, now: i64) -> u32 {
        metrics::pause_begun();
        self.breaker.pause.lock().begin(self.round, wanted, now, random())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.is_trial {
            self.breaker.pause.lock().trial_under_way = false;
        }
    }
}

/// What a pause says to somebody who wants to make a call.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// There is no pause.
    Call,
    /// The pause is over: this call tries whether the provider is back.
    Trial,
    /// Not now, but after so many seconds.
    Later(u32),
}

/// The provider is out of reach: the whole process leaves it alone for a moment, longer after each failure.
#[derive(Debug, Default)]
struct Pause {
    /// Counts the pauses and their ends: what was begun in an earlier round says nothing of this one.
    round: u64,
    failures: u32,
    until: i64,
    /// After a pause one call goes ahead; the others wait for its outcome.
    trial_under_way: bool,
}

impl Pause {
    /// Whether a call may be made.
    fn ask(&mut self, now: i64, random: f64) -> Asked {
        let left = self.until - now;
        if left > 0 {
            return Asked::Later(spread(left, random));
        }
        if self.failures == 0 {
            return Asked::Call;
        }
        if self.trial_under_way {
            return Asked::Later(spread(1, random));
        }
        self.trial_under_way = true;
        Asked::Trial
    }

    /// A call of this round went well.
    fn end(&mut self, round: u64) {
        if round == self.round && self.failures > 0 {
            *self = Self { round: round + 1, ..Self::default() };
        }
    }

    /// A call of this round failed.
    fn begin(&mut self, round: u64, wanted: Option<Duration>, now: i64, random: f64) -> u32 {
        let wanted = wanted.map_or(0, |wanted| i64::try_from(wanted.as_secs()).unwrap_or(i64::MAX));
        let mut seconds = wanted;
        // Calls that were under way when the pause began tell nothing new: only a failure after a pause
        // doubles it.
        if round == self.round {
            self.round += 1;
            self.failures += 1;
            let doubled = FIRST_PAUSE_SECONDS << self.failures.saturating_sub(1).min(5);
            let longest = doubled.min(LONGEST_PAUSE_SECONDS);
            // Between half of it and all of it, so that replicas that failed together don't come back
            // together.
            seconds = wanted.max(longest - share(longest / 2, random));
        }
        self.until = self.until.max(now.saturating_add(seconds));
        spread((self.until - now).max(1), random)
    }
}

/// The seconds to wait and up to half as much again: visitors who were turned away together come back one by
/// one.
fn spread(seconds: i64, random: f64) -> u32 {
    u32::try_from(seconds.saturating_add(share(seconds / 2 + 1, random))).unwrap_or(u32::MAX)
}

/// A random share of so many whole seconds, all of them included.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "minutes at most, as whole seconds")]
fn share(seconds: i64, random: f64) -> i64 {
    ((seconds as f64 + 1.0) * random).floor() as i64
}

/// A number from 0 up to, but not, 1. Without randomness there is no jitter, which is no fault.
fn random() -> f64 {
    let mut bytes = [0; 4];
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER_LESS: f64 = 0.0;
    const MOST: f64 = 0.999_999;

    #[test]
    fn the_pause_doubles_up_to_its_limit_and_honours_retry_after() {
        let mut pause = Pause::default();
        let pauses: Vec<i64> = (1..=7)
            .map(|round| {
                pause.begin(pause.round, None, round * 100, NEVER_LESS);
                pause.until - round * 100
            })
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(pause.begin(pause.round, Some(Duration::from_secs(60)), 800, NEVER_LESS), 60);
        assert_eq!(pause.until, 860);
    }

    #[test]
    fn jitter_shortens_the_pause_by_half_at_most_and_never_below_what_was_asked_for() {
        let mut pause = Pause { failures: 4, ..Pause::default() };
        pause.begin(0, None, 100, MOST);
        assert_eq!(pause.until, 108);
        pause.begin(1, Some(Duration::from_secs(20)), 200, MOST);
        assert_eq!(pause.until, 220);
    }

    #[test]
    fn visitors_are_sent_away_until_after_the_pause_and_each_for_another_time() {
        let mut pause = Pause { failures: 1, until: 110, ..Pause::default() };
        assert_eq!(pause.ask(100, NEVER_LESS), Asked::Later(10));
        assert_eq!(pause.ask(100, MOST), Asked::Later(16));
    }

    #[test]
    fn failures_that_were_under_way_when_the_pause_began_do_not_lengthen_it_however_late_they_come() {
        let mut pause = Pause::default();
        for seconds in 0..10 {
            pause.begin(0, None, 100 + seconds, NEVER_LESS);
        }
        assert_eq!((pause.failures, pause.until), (1, 109), "no longer than the last of them");
        pause.begin(1, None, 110, NEVER_LESS);
        assert_eq!((pause.failures, pause.until), (2, 112));
        pause.begin(0, Some(Duration::from_secs(30)), 110, NEVER_LESS);
        assert_eq!((pause.failures, pause.until), (2, 140), "what the provider asks for counts whoever is told");
    }

    #[tokio::test]
    async fn after_a_pause_one_call_tries_and_the_others_wait_for_its_outcome() {
        let breaker = CircuitBreaker::default();
        let ask = async |now: i64| breaker.permission(|| now).await;
        let Permission::Granted(first) = ask(0).await else { panic!("the first may go") };
        first.failed(None, 0);
        assert!(matches!(ask(0).await, Permission::Later { .. }));
        let Permission::Granted(trial) = ask(1).await else { panic!("one may try") };
        assert!(matches!(ask(1).await, Permission::Later { .. }));
        drop(trial);
        let Permission::Granted(trial) = ask(1).await else { panic!("the trial was not made, so another may try") };
        trial.went_well();
        let (Permission::Granted(_), Permission::Granted(_)) = (ask(1).await, ask(1).await) else {
            panic!("all may go")
        };
    }

    #[test]
    fn a_call_that_began_before_the_pause_does_not_end_it_when_it_goes_well() {
        let mut pause = Pause::default();
        pause.begin(0, Some(Duration::from_secs(60)), 100, NEVER_LESS);
        pause.end(0);
        assert_eq!(pause.ask(101, NEVER_LESS), Asked::Later(59));
        pause.end(0);
        assert_eq!(pause.ask(160, NEVER_LESS), Asked::Trial, "still one that tries");
        pause.end(1);
        assert_eq!((pause.failures, pause.ask(160, NEVER_LESS)), (0, Asked::Call));
    }

    #[tokio::test]
    async fn a_call_that_has_leave_learns_that_the_process_is_about_to_end() {
        let breaker = CircuitBreaker::default();
        let Permission::Granted(permit) = breaker.permission(|| 0).await else { panic!("it may go") };
        assert!(permit.is_good());
        breaker.close();
        assert!(!permit.is_good());
        assert!(matches!(breaker.permission(|| 0).await, Permission::Later { .. }));
    }

    #[tokio::test]
    async fn no_more_calls_than_the_cap_are_under_way() {
        let breaker = CircuitBreaker::default();
        let mut under_way = Vec::new();
        for _ in 0..TOKEN_CALLS_AT_ONCE {
            under_way.push(breaker.permission(|| 0).await);
        }
        let one_more = tokio::spawn({
            let breaker = breaker.clone();
            async move { matches!(breaker.permission(|| 0).await, Permission::Granted(_)) }
        });
        tokio::task::yield_now().await;
        assert!(!one_more.is_finished());
        under_way.pop();
        assert!(one_more.await.unwrap());
    }
}
