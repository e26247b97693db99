//! Sessions whose refresh has just failed: each is left alone for a while, longer after each failure.
//!
//! So one session that always fails, whatever the reason, can't be the one that tries again and again whether the provider is
//! back, and hold up all others by it. Not here: the pause of all sessions while the provider is out of reach (`circuit`).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::id::SessionKey;

/// Seconds for which such a session is left alone, at least and at most; doubled with each failure. Longer than the pause of all
/// after as many failures, so that another session tries next.
const FIRST_SECONDS: i64 = 2;
const LONGEST_SECONDS: i64 = 45;

/// How many sessions are remembered.
const MOST_SESSIONS: usize = 10_000;

/// The setbacks of one process.
#[derive(Clone, Default)]
pub(super) struct Setbacks(Arc<Mutex<HashMap<SessionKey, Setback>>>);

struct Setback {
    failures: u32,
    until: i64,
}

impl Setbacks {
    /// Seconds for which this session is still left alone; `None` if it may be refreshed. `now` is in seconds by a clock that
    /// nobody sets.
    pub(super) fn left(&self, key: &SessionKey, now: i64) -> Option<u32> {
        let left = self.lock().get(key)?.until - now;
        u32::try_from(left).ok().filter(|left| *left > 0)
    }

    /// Remembers one more failure. Answers with the seconds after which another attempt makes sense; `None` if too many sessions
    /// have failed to remember this one.
    pub(super) fn add(&self, key: &SessionKey, now: i64) -> Option<u32> {
        let is_over = |setback: &Setback| now - setback.until >= LONGEST_SECONDS;
        let mut sessions = self.lock();
        if sessions.len() >= MOST_SESSIONS {
            sessions.retain(|_, setback| !is_over(setback));
        }
        if sessions.len() >= MOST_SESSIONS && !sessions.contains_key(key) {
            return None;
        }
        let setback = sessions.entry(*key).or_insert(Setback { failures: 0, until: now });
        if is_over(setback) {
            setback.failures = 0;
        }
        let seconds = (FIRST_SECONDS << setback.failures.min(8)).min(LONGEST_SECONDS);
        setback.failures = setback.failures.saturating_add(1);
        setback.until = now + seconds;
        u32::try_from(seconds).ok()
    }

    /// The session has been refreshed, or has ended.
    pub(super) fn forget(&self, key: &SessionKey) {
        self.lock().remove(key);
    }

    /// No critical section here can leave the map half-changed, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionKey, Setback>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let (setbacks, failing, other) = (Setbacks::default(), key(), key());
        let mut now = 100;
        for seconds in [2, 4, 8, 16, 32, 45, 45] {
            assert_eq!(setbacks.left(&failing, now), None);
            assert_eq!(setbacks.add(&failing, now), Some(seconds));
            assert_eq!(setbacks.left(&failing, now), Some(seconds));
            assert_eq!(setbacks.left(&other, now), None);
            now += i64::from(seconds);
        }
        setbacks.forget(&failing);
        assert_eq!(setbacks.add(&failing, now), Some(2), "once it went well, all is forgotten");
        now += 2 + LONGEST_SECONDS;
        assert_eq!(
            setbacks.add(&failing, now),
            Some(2),
            "and after a while too: another process may have refreshed it"
        );
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_over_makes_room() {
        let setbacks = Setbacks::default();
        let first = key();
        setbacks.add(&first, 100);
        for _ in 1..MOST_SESSIONS {
            assert_eq!(setbacks.add(&key(), 100), Some(2));
        }
        assert_eq!(setbacks.add(&key(), 100), None);
        assert_eq!(setbacks.add(&first, 102), Some(4));
        assert_eq!(setbacks.lock().len(), MOST_SESSIONS);
        let later = key();
        assert_eq!(setbacks.add(&later, 102 + LONGEST_SECONDS), Some(2));
        assert_eq!(setbacks.lock().len(), 2);
    }
}
