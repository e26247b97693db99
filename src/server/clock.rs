//! The time, injected: rules take `now` as an argument and only the edge reads a clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// Where the server reads the time: the machine's clock, moved by tests where they need it.
#[derive(Debug, Clone)]
pub struct Clock {
    begun: Instant,
    /// Seconds by which a test has moved the clock.
    moved_by: Arc<AtomicI64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { begun: Instant::now(), moved_by: Arc::default() }
    }
}

impl Clock {
    /// The time now, in Unix seconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        i64::try_from(since_epoch).unwrap_or(i64::MAX).saturating_add(self.moved_by.load(Ordering::Relaxed))
    }

    /// Seconds since this clock was made, whatever is done to the machine's: for what waits.
    #[must_use]
    pub fn elapsed(&self) -> i64 {
        let elapsed = i64::try_from(self.begun.elapsed().as_secs()).unwrap_or(i64::MAX);
        elapsed.saturating_add(self.moved_by.load(Ordering::Relaxed))
    }

    /// Moves this clock and its clones forward. For tests.
    pub fn advance(&self, seconds: i64) {
        self.moved_by.fetch_add(seconds, Ordering::Relaxed);
    }
}
