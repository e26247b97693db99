//! The time, injected: rules take `now` as an argument and only the edge reads a clock.

use std::{
    collections::VecDeque,
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
    /// Seconds by which a test has set the time of day, and nothing else.
    set_by: Arc<AtomicI64>,
}

/// For how long the time of day must have agreed with the running clock before it is believed where nothing
/// can be undone; seconds.
const SECOND_LOOK: i64 = 3600;

impl Default for Clock {
    fn default() -> Self {
        Self { begun: Instant::now(), moved_by: Arc::default(), set_by: Arc::default(), stopped_at: Arc::default() }
    }
}

impl Clock {
    /// The time now, in Unix seconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        let now = self.stopped_at.get().map_or_else(machine_now, |(now, _)| *now);
        let set_by = self.set_by.load(Ordering::Relaxed);
        now.saturating_add(self.moved_by.load(Ordering::Relaxed)).saturating_add(set_by)
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

    /// Sets the time of day ahead, or back, as people and time servers do. For tests.
    pub fn set_ahead(&self, seconds: i64) {
        self.set_by.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Stops this clock and its clones: from here on only [`Self::advance`] moves them. For tests of what
    /// must not happen yet.
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

/// What time it is at least, for what can't be undone: a machine's time of day may be set wrong for a while,
/// and back.
#[derive(Debug)]
pub(crate) struct CautiousTime {
    clock: Clock,
    /// When somebody looked, by the running clock, and how far the time of day was ahead of that; the oldest
    /// first.
    looks: VecDeque<(i64, i64)>,
}

impl CautiousTime {
    /// Begins to watch the clock.
    pub(crate) fn of(clock: Clock) -> Self {
        Self { clock, looks: VecDeque::new() }
    }

    /// The earliest time that it can be by all looks of the last hour. `None` until there are looks of an
    /// hour: the clock may have been wrong from the start.
    pub(crate) fn look(&mut self) -> Option<i64> {
        let running = self.clock.elapsed();
        self.looks.push_back((running, self.clock.now().saturating_sub(running)));
        // One look that is an hour old stays, or there would never be an hour of them.
        while self.looks.get(1).is_some_and(|(looked, _)| running - looked >= SECOND_LOOK) {
            self.looks.pop_front();
        }
        let (first, _) = self.looks.front()?;
        let ahead = self.looks.iter().map(|(_, ahead)| *ahead).min()?;
        (running - first >= SECOND_LOOK).then(|| running.saturating_add(ahead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched() -> (Clock, CautiousTime) {
        let clock = Clock::default();
        clock.stop();
        (clock.clone(), CautiousTime::of(clock))
    }

    #[test]
    fn the_time_is_believed_after_an_hour_and_then_with_every_look() {
        let (clock, mut time) = watched();
        assert_eq!(time.look(), None);
        clock.advance(SECOND_LOOK - 600);
        assert_eq!(time.look(), None);
        for _ in 0..20 {
            clock.advance(600);
            assert_eq!(time.look(), Some(clock.now()));
        }
        assert!(time.looks.len() <= 9, "looks are forgotten: {}", time.looks.len());
    }

    #[test]
    fn a_jump_ahead_counts_when_it_has_been_so_for_an_hour() {
        let (clock, mut time) = watched();
        time.look();
        clock.advance(SECOND_LOOK);
        assert_eq!(time.look(), Some(clock.now()));
        clock.set_ahead(1_000_000);
        for _ in 0..6 {
            assert_eq!(time.look(), Some(clock.now() - 1_000_000));
            clock.advance(600);
        }
        clock.advance(600);
        assert_eq!(time.look(), Some(clock.now()));
    }

    #[test]
    fn a_step_back_counts_at_once() {
        let (clock, mut time) = watched();
        time.look();
        clock.advance(SECOND_LOOK);
        time.look();
        clock.set_ahead(-1_000_000);
        assert_eq!(time.look(), Some(clock.now()));
    }
}
