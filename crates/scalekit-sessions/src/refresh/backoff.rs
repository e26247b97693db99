//! Backoff: a session whose refresh has just failed is left alone for a while, longer after each failure.
//!
//! So one session that always fails, whatever the reason, can't be the one that tries again and again whether
//! the provider is back, and hold up all others by it. Not here: the pause of all sessions while the provider
//! is out of reach (`circuit_breaker`).

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use crate::id::SessionKey;

/// Seconds for which such a session is left alone, at least and at most; doubled with each failure. Longer
/// than the pause of all after as many failures, so that another session tries next.
const FIRST_SECONDS: i64 = 2;
const LONGEST_SECONDS: i64 = 45;

/// How many sessions are remembered.
const MOST_SESSIONS: usize = 10_000;

/// Which sessions are left alone, in one process.
#[derive(Clone, Default)]
pub(super) struct Backoff(Arc<Mutex<HashMap<SessionKey, Failing>>>);

struct Failing {
    failures: u32,
    until: i64,
}

impl Backoff {
    /// Seconds for which this session is still left alone; `None` if it may be refreshed. `now` is in seconds
    /// by a clock that nobody sets.
    pub(super) fn left(&self, key: &SessionKey, now: i64) -> Option<u32> {
        let left = self.0.lock().get(key)?.until - now;
        u32::try_from(left).ok().filter(|left| *left > 0)
    }

    /// Remembers one more failure. Answers with the seconds after which another attempt makes sense; `None`
    /// if too many sessions have failed to remember this one.
    pub(super) fn add(&self, key: &SessionKey, now: i64) -> Option<u32> {
        let is_over = |failing: &Failing| now - failing.until >= LONGEST_SECONDS;
        let mut sessions = self.0.lock();
        if sessions.len() >= MOST_SESSIONS {
            sessions.retain(|_, failing| !is_over(failing));
        }
        if sessions.len() >= MOST_SESSIONS && !sessions.contains_key(key) {
            return None;
        }
        let failing = sessions.entry(*key).or_insert(Failing { failures: 0, until: now });
        if is_over(failing) {
            failing.failures = 0;
        }
        let seconds = (FIRST_SECONDS << failing.failures.min(8)).min(LONGEST_SECONDS);
        failing.failures = failing.failures.saturating_add(1);
        failing.until = now + seconds;
        u32::try_from(seconds).ok()
    }

    /// The session has been refreshed, or has ended.
    pub(super) fn forget(&self, key: &SessionKey) {
        self.0.lock().remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SessionId;

    fn key() -> SessionKey {
        SessionId::generate().unwrap().key()
    }

    #[test]
    fn a_session_is_left_alone_longer_after_each_failure_and_no_other_is() {
        let (backoff, failing, other) = (Backoff::default(), key(), key());
        let mut now = 100;
        for seconds in [2, 4, 8, 16, 32, 45, 45] {
            assert_eq!(backoff.left(&failing, now), None);
            assert_eq!(backoff.add(&failing, now), Some(seconds));
            assert_eq!(backoff.left(&failing, now), Some(seconds));
            assert_eq!(backoff.left(&other, now), None);
            now += i64::from(seconds);
        }
        backoff.forget(&failing);
        assert_eq!(backoff.add(&failing, now), Some(2), "once it went well, all is forgotten");
        now += 2 + LONGEST_SECONDS;
        assert_eq!(backoff.add(&failing, now), Some(2), "and after a while too: another process may have refreshed it");
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_over_makes_room() {
        let backoff = Backoff::default();
        let first = key();
        backoff.add(&first, 100);
        for _ in 1..MOST_SESSIONS {
            assert_eq!(backoff.add(&key(), 100), Some(2));
        }
        assert_eq!(backoff.add(&key(), 100), None);
        assert_eq!(backoff.add(&first, 102), Some(4));
        assert_eq!(backoff.0.lock().len(), MOST_SESSIONS);
        let later = key();
        assert_eq!(backoff.add(&later, 102 + LONGEST_SECONDS), Some(2));
        assert_eq!(backoff.0.lock().len(), 2);
    }
}
