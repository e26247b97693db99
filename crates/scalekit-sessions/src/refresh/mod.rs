//! Refresh token rotation: one refresh per session at a time, in a task of its own, whoever asks and goes
//! away.
//!
//! This file is the single flight: it joins the requests of one process to one task a session. `rotate` is
//! what the task does, under a `lease` that keeps the other processes waiting, as the `circuit_breaker`
//! permits. A session that fails is left alone for a while (`backoff`). `refusal` decides whether the
//! provider's refusal ends it, and `write` brings what came of it to the store.
//!
//! Three outcomes: done, later (the session is kept), never (it has ended).

mod backoff;
pub(crate) mod circuit_breaker;
mod outcome;
mod refusal;
mod rotate;
mod write;

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::{id::SessionKey, metrics, shared::Shared};
use backoff::Backoff;
use circuit_breaker::CircuitBreaker;

pub(crate) use outcome::Outcome;

/// The refreshes under way in this process.
#[derive(Clone, Default)]
pub(crate) struct Refreshes {
    flights: Arc<Mutex<HashMap<SessionKey, watch::Receiver<Option<Outcome>>>>>,
    breaker: CircuitBreaker,
    backoff: Backoff,
}

/// One refresh under way, and how long a request waits for it.
pub(crate) struct Flight(watch::Receiver<Option<Outcome>>, Duration);

impl Flight {
    /// Waits for the outcome, bounded.
    pub(crate) async fn outcome(mut self) -> Outcome {
        match tokio::time::timeout(self.1, self.0.wait_for(Option::is_some)).await {
            Ok(Ok(outcome)) => outcome.clone().unwrap_or(Outcome::Never),
            // The task panicked or takes too long; the record tells the next request.
            Ok(Err(_)) | Err(_) => Outcome::Later { retry_after: 2 },
        }
    }
}

impl Refreshes {
    /// Starts a refresh, or joins the one under way.
    pub(crate) fn start(&self, shared: &Arc<Shared>, key: &SessionKey) -> Flight {
        if let Some(retry_after) = self.backoff.left(key, shared.clock.elapsed()) {
            return Flight(watch::channel(Some(Outcome::Later { retry_after })).1, Duration::ZERO);
        }
        let wait = shared.patience().refresh();
        let mut flights = self.flights.lock();
        if let Some(receiver) = flights.get(key) {
            return Flight(receiver.clone(), wait);
        }
        let (sender, receiver) = watch::channel(None);
        flights.insert(*key, receiver.clone());
        // A runtime that is about to end drops the task where it is spawned, and the entry with it, which
        // needs the lock.
        drop(flights);
        let entry = Entry { refreshes: self.clone(), key: *key };
        let shared = Arc::clone(shared);
        let task = async move {
            let outcome =
                rotate::refresh(&shared, &entry.refreshes.breaker, &entry.refreshes.backoff, &entry.key).await;
            if !matches!(outcome, Outcome::Later { .. }) {
                entry.refreshes.backoff.forget(&entry.key);
            }
            metrics::refresh(match outcome {
                Outcome::Done(_) => "done",
                Outcome::Later { .. } => "later",
                Outcome::Never => "never",
            });
            // First out of the map, then the news: whoever starts another refresh now finds the work done.
            drop(entry);
            sender.send_replace(Some(outcome));
        };
        // The log names the request that began the refresh.
        tokio::spawn(task.in_current_span());
        Flight(receiver, wait)
    }

    /// Begins no token call any more.
    pub(crate) fn begin_no_more(&self) {
        self.breaker.close();
    }

    /// Begins no token call any more, and waits until none is under way: a rotated token must reach the store
    /// before the process ends.
    pub(crate) async fn finish(&self) {
        self.begin_no_more();
        loop {
            let Some(mut receiver) = self.flights.lock().values().next().cloned() else { return };
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
        self.refreshes.flights.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SessionId;

    #[test]
    fn a_refresh_that_a_runtime_at_its_end_does_not_take_leaves_nothing_behind() {
        let shared = Shared::of_nobody();
        let (refreshes, key) = (Refreshes::default(), SessionId::generate().unwrap().key());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let handle = runtime.handle().clone();
        runtime.shutdown_timeout(Duration::from_secs(14));
        let (done, is_done) = std::sync::mpsc::channel();
        let started = refreshes.clone();
        std::thread::spawn(move || {
            let _context = handle.enter();
            drop(started.start(&shared, &key));
            done.send(()).unwrap();
        });
        is_done.recv_timeout(std::time::Duration::from_secs(20)).expect("it does not wait for itself");
        assert!(refreshes.flights.lock().is_empty());
    }
}
