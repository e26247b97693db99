//! One limit for each of many keys, in bounded memory. The arithmetic is `governor`'s (the generic cell rate algorithm); here is where
//! it keeps its numbers, since its own maps grow with the number of keys.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hash, RandomState},
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use governor::{clock::Clock as _, middleware::NoOpMiddleware, nanos::Nanos, state::StateStore};

use crate::server::clock::Clock;

/// Keys that are remembered for one limit: about 4 MB.
const MOST_KEYS: usize = 65_536;

/// Locks among which the keys are divided.
const SHARDS: usize = 16;

/// How much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// After a rest, so many at once.
    pub at_once: u32,
    /// In the long run, so many a minute.
    pub a_minute: u32,
}

/// Counts by key.
pub(super) struct Limiter<K: Clone + Hash + Eq> {
    inner: governor::RateLimiter<K, Bounded<K>, Time, NoOpMiddleware<Duration>>,
    time: Time,
}

impl<K: Clone + Hash + Eq> Limiter<K> {
    pub(super) fn new(quota: Quota, clock: Clock) -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = governor::Quota::per_minute(number(quota.a_minute)).allow_burst(number(quota.at_once));
        let time = Time(clock);
        Self { inner: governor::RateLimiter::new(quota, Bounded::new(MOST_KEYS), time.clone()), time }
    }

    /// Counts one.
    ///
    /// # Errors
    /// Whole seconds after which the next one is allowed; at least one.
    pub(super) fn admit(&self, key: &K) -> Result<(), u32> {
        self.inner.check_key(key).map_err(|refusal| {
            let wait = refusal.wait_time_from(self.time.now());
            u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1)
        })
    }
}

/// The server's clock, as `governor` reads it.
#[derive(Debug, Clone)]
struct Time(Clock);

impl governor::clock::Clock for Time {
    type Instant = Duration;

    fn now(&self) -> Self::Instant {
        self.0.running_for()
    }
}

/// For each key, when it would be as if it had never been used.
struct Bounded<K> {
    shards: Vec<Mutex<HashMap<K, Nanos>>>,
    hasher: RandomState,
    most_in_shard: usize,
}

impl<K: Hash + Eq + Clone> Bounded<K> {
    fn new(most_keys: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, hasher: RandomState::new(), most_in_shard: (most_keys / SHARDS).max(1) }
    }
}

impl<K: Hash + Eq + Clone> StateStore for Bounded<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &Self::Key, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let index = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or_default();
        // Every change is one assignment of a finished value: a panic elsewhere leaves nothing half-changed.
        let mut shard = self.shards[index].lock().unwrap_or_else(PoisonError::into_inner);
        let (answer, next) = decide(shard.get(key).copied())?;
        if shard.len() >= self.most_in_shard && !shard.contains_key(key) {
            forget_half(&mut shard);
        }
        shard.insert(key.clone(), next);
        Ok(answer)
    }
}

/// Forgets the half that has rested longest: whoever is at its limit stays there, however many others come.
fn forget_half<K: Hash + Eq>(shard: &mut HashMap<K, Nanos>) {
    let mut times: Vec<Nanos> = shard.values().copied().collect();
    let middle = times.len() / 2;
    let (_, limit, _) = times.select_nth_unstable(middle);
    let (limit, mut to_forget) = (*limit, middle.max(1));
    shard.retain(|_, time| {
        let goes = *time <= limit && to_forget > 0;
        to_forget -= usize::from(goes);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota { at_once: 3, a_minute: 60 };

    #[test]
    fn after_a_burst_each_second_allows_one_and_other_keys_are_not_touched() {
        let clock = Clock::default();
        let limiter = Limiter::new(QUOTA, clock.clone());
        for _ in 0..3 {
            assert_eq!(limiter.admit(&"a"), Ok(()));
        }
        assert_eq!(limiter.admit(&"a"), Err(1));
        assert_eq!(limiter.admit(&"b"), Ok(()));
        clock.advance(1);
        assert_eq!(limiter.admit(&"a"), Ok(()));
        assert_eq!(limiter.admit(&"a"), Err(1));
        clock.advance(60);
        for _ in 0..3 {
            assert_eq!(limiter.admit(&"a"), Ok(()));
        }
    }

    #[test]
    fn the_wait_is_told_in_whole_seconds() {
        let clock = Clock::default();
        let limiter = Limiter::new(Quota { at_once: 1, a_minute: 6 }, clock.clone());
        assert_eq!(limiter.admit(&()), Ok(()));
        assert_eq!(limiter.admit(&()), Err(10));
        clock.advance(9);
        assert_eq!(limiter.admit(&()), Err(1));
    }

    #[test]
    fn memory_is_bounded_and_whoever_is_at_the_limit_stays_there() {
        // So slow that nothing comes back while the test runs.
        let limiter = Limiter::new(Quota { at_once: 3, a_minute: 1 }, Clock::default());
        for _ in 0..3 {
            assert_eq!(limiter.admit(&u32::MAX), Ok(()));
        }
        for key in 0..1_000_000 {
            assert_eq!(limiter.admit(&key), Ok(()));
        }
        assert!(limiter.admit(&u32::MAX).is_err(), "a crowd frees nobody");
        let store = Bounded::new(160);
        for key in 0..10_000_u32 {
            let kept = store.measure_and_replace(&key, |_| Ok::<_, ()>(((), Nanos::from(u64::from(key)))));
            assert_eq!(kept, Ok(()));
        }
        let sizes = store.shards.iter().map(|shard| shard.lock().unwrap().len());
        assert!(sizes.clone().all(|size| size <= 10), "{:?}", sizes.collect::<Vec<_>>());
    }
}
