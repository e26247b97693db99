//! The time, injected: rules take `now` as an argument and only the edge reads a clock.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Where the server reads the time: the machine's clock, moved by tests where they need it.
#[derive(Debug, Clone)]
pub struct Clock {
    begun: Instant,
    /// Seconds by which a test has moved the clock.
    moved_by: Arc<AtomicI64>,
    /// What the machine's clocks showed when a test stopped this one.
    stopped_at: Arc<OnceLock<(i64, Duration)>>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { begun: Instant::now(), moved_by: Arc::default(), stopped_at: Arc::default() }
    }
}

impl Clock {
    /// The time now, in Unix seconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        let now = self.stopped_at.get().map_or_else(machine_now, |(now, _)| *now);
        now.saturating_add(self.moved_by.load(Ordering::Relaxed))
    }

    /// Seconds since this clock was made, whatever is done to the machine's: for what waits.
    #[must_use]
    pub fn elapsed(&self) -> i64 {
        let elapsed = i64::try_from(self.machine_elapsed().as_secs()).unwrap_or(i64::MAX);
        elapsed.saturating_add(self.moved_by.load(Ordering::Relaxed))
    }

    /// The same, exactly: for what is measured. A test moves it forward too.
    #[must_use]
    pub fn running_for(&self) -> Duration {
        let moved_by = u64::try_from(self.moved_by.load(Ordering::Relaxed)).unwrap_or_default();
        self.machine_elapsed().saturating_add(Duration::from_secs(moved_by))
    }

    /// Moves this clock and its clones forward. For tests.
    pub fn advance(&self, seconds: i64) {
        self.moved_by.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Stops this clock and its clones: from here on only [`Self::advance`] moves them. For tests of what must not happen yet.
    pub fn stop(&self) {
        self.stopped_at.get_or_init(|| (machine_now(), self.begun.elapsed()));
    }

    fn machine_elapsed(&self) -> Duration {
        self.stopped_at.get().map_or_else(|| self.begun.elapsed(), |(_, elapsed)| *elapsed)
    }
}

fn machine_now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    i64::try_from(since_epoch).unwrap_or(i64::MAX)
}
