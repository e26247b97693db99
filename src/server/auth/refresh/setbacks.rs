//! Sessions whose refresh the provider refuses in a way that says nothing of others: each is left alone for a while, longer after
//! each refusal, and the rest go on.
//!
//! Not here: a provider that is out of reach for all (`pace`).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::server::session::id::SessionKey;

/// Seconds for which such a session is left alone, at least and at most; doubled with each refusal.
const FIRST_SECONDS: i64 = 2;
const LONGEST_SECONDS: i64 = 60;

/// How many sessions are remembered. Beyond that, further ones are held back by nothing but the pace of all.
const MOST_SESSIONS: usize = 10_000;

/// The setbacks of one process.
#[derive(Clone, Default)]
pub(super) struct Setbacks(Arc<Mutex<HashMap<SessionKey, Setback>>>);

struct Setback {
    refusals: u32,
    until: i64,
}

impl Setbacks {
    /// Seconds for which this session is still left alone; `None` if it may be refreshed. `now` is in seconds by a clock that
    /// nobody sets.
    pub(super) fn left(&self, key: &SessionKey, now: i64) -> Option<u32> {
        let left = self.lock().get(key)?.until - now;
        u32::try_from(left).ok().filter(|left| *left > 0)
    }

    /// Remembers one more refusal. Answers with the seconds after which another attempt makes sense.
    pub(super) fn add(&self, key: &SessionKey, now: i64) -> u32 {
        let mut sessions = self.lock();
        if sessions.len() >= MOST_SESSIONS && !sessions.contains_key(key) {
            sessions.retain(|_, setback| now - setback.until < LONGEST_SECONDS);
            if sessions.len() >= MOST_SESSIONS {
                return u32::try_from(LONGEST_SECONDS).unwrap_or(u32::MAX);
            }
        }
        let setback = sessions.entry(*key).or_insert(Setback { refusals: 0, until: now });
        let seconds = (FIRST_SECONDS << setback.refusals.min(8)).min(LONGEST_SECONDS);
        setback.refusals = setback.refusals.saturating_add(1);
        setback.until = now + seconds;
        u32::try_from(seconds).unwrap_or(u32::MAX)
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
    use crate::server::session::id::SessionId;

    fn key() -> SessionKey {
        SessionId::generate().unwrap().key()
    }

    #[test]
    fn a_session_is_left_alone_longer_after_each_refusal_and_no_other_is() {
        let (setbacks, refused, other) = (Setbacks::default(), key(), key());
        let mut now = 100;
        for seconds in [2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(setbacks.left(&refused, now), None);
            assert_eq!(setbacks.add(&refused, now), seconds);
            assert_eq!(setbacks.left(&refused, now), Some(seconds));
            assert_eq!(setbacks.left(&other, now), None);
            now += i64::from(seconds);
        }
        setbacks.forget(&refused);
        assert_eq!(setbacks.add(&refused, now), 2, "once it went well, all is forgotten");
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_over_makes_room() {
        let setbacks = Setbacks::default();
        for _ in 0..MOST_SESSIONS + 5 {
            setbacks.add(&key(), 100);
        }
        assert_eq!(setbacks.lock().len(), MOST_SESSIONS);
        let later = key();
        setbacks.add(&later, 102 + LONGEST_SECONDS);
        assert_eq!(setbacks.lock().len(), 1);
        assert_eq!(setbacks.left(&later, 102 + LONGEST_SECONDS), Some(2));
    }
}
