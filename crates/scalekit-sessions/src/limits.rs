//! How long a session lives, how activity prolongs it, and how many a person may have.

use std::{num::NonZeroU32, time::Duration};

/// Activity is noted at most this often, in seconds: a request costs no write.
const NOTE_ACTIVITY_EVERY: i64 = 60;

/// The limits that the settings put on every session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From sign-in to the end, whatever happens.
    pub lifetime: Duration,
    /// From the person's last noted activity to the end.
    pub idle: Duration,
    /// How many sessions a person may have at once; the oldest makes room for a new one.
    pub per_user: NonZeroU32,
}

/// Thirty days in all, seven days idle, twenty sessions: the defaults of Leptos.toml.
impl Default for Limits {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_secs(30 * 24 * 3600),
            idle: Duration::from_secs(7 * 24 * 3600),
            per_user: NonZeroU32::MIN.saturating_add(19),
        }
    }
}

impl Limits {
    /// When a session that begins `now` ends at the latest.
    #[must_use]
    pub fn absolute_end(&self, now: i64) -> i64 {
        after(now, self.lifetime)
    }

    /// When a session ends whose person was last active at `active_at`.
    #[must_use]
    pub fn idle_end(&self, active_at: i64) -> i64 {
        after(active_at, self.idle)
    }

    /// How many sessions a person may have at once.
    #[must_use]
    pub fn per_user(&self) -> usize {
        usize::try_from(self.per_user.get()).unwrap_or(usize::MAX)
    }
}

/// Whether activity `now` is to be noted, when it was last noted at `active_at`.
#[must_use]
pub(crate) const fn is_worth_noting(active_at: i64, now: i64) -> bool {
    now >= active_at.saturating_add(NOTE_ACTIVITY_EVERY)
}

fn after(start: i64, time: Duration) -> i64 {
    start.saturating_add(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activity_is_noted_once_a_minute() {
        assert!(!is_worth_noting(100, 159));
        assert!(is_worth_noting(100, 160));
    }
}
