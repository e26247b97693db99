//! What the process does by itself every now and then: removes what has ended from the store, and looks whether the store is well.
//!
//! Not here: how a store removes things, and what it looks at.

use std::{sync::Arc, time::Duration};

use scalekit_sessions::CautiousTime;

use super::{metrics, state::AppState};

/// How often ended sessions are removed from the store.
const SWEEP_INTERVAL: Duration = Duration::from_secs(600);

/// How often the store is looked at when nobody asks for `/readyz`: a lost file is noticed within a minute.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// A time of day that is so far ahead of what it was is worth a word; seconds.
const NOTABLE_JUMP: i64 = 60;

/// Removes what has ended, as long as the process lives.
pub async fn sweep_store(state: Arc<AppState>) {
    let mut sweeper = Sweeper::of(state);
    let mut interval = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        interval.tick().await;
        sweeper.sweep().await;
    }
}

/// Removes what has ended, by a time that is surely no later than it is: a clock that is set wrong must not end everybody's session
/// for good.
pub struct Sweeper {
    state: Arc<AppState>,
    time: CautiousTime,
}

impl Sweeper {
    /// Nothing is removed in the first hour.
    #[must_use]
    pub fn of(state: Arc<AppState>) -> Self {
        let time = CautiousTime::of(state.clock.clone());
        Self { state, time }
    }

    /// One sweep.
    pub async fn sweep(&mut self) {
        let Some(time) = self.time.look() else { return };
        let ahead = self.state.clock.now().saturating_sub(time);
        if ahead > NOTABLE_JUMP {
            tracing::warn!(
                seconds = ahead,
                "the clock jumped ahead: what ends by it is removed once it has been so for an hour"
            );
        }
        match self.state.sessions.sweep(time).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "ended sessions removed"),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "ended sessions could not be removed");
            }
        }
    }
}

/// Looks at the store as long as the process lives, and says when it begins to fail and when it is well again.
pub async fn watch_store(state: Arc<AppState>) {
    let mut interval = tokio::time::interval(LOOK_INTERVAL);
    let mut was_well = true;
    loop {
        interval.tick().await;
        match state.sessions.ping_store().await {
            Ok(()) if !was_well => tracing::info!("the session store is well again"),
            Err(error) if was_well => metrics::store_failed(&error, "nobody can be sure to stay signed in"),
            _ => continue,
        }
        was_well = !was_well;
    }
}
