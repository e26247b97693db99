//! What the process does by itself at times: cleans the store of what has ended, and checks if it is well.
//!
//! Not here: how a store removes things, and what it looks at.

use std::{sync::Arc, time::Duration};

use super::metrics;
use crate::server::state::AppState;

/// How often ended sessions are removed from the store.
const SWEEP_INTERVAL: Duration = Duration::from_secs(600);

/// How often the store is looked at when nobody asks for `/readyz`: a lost file is noticed within a minute.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// Removes what has ended, as long as the process lives.
pub async fn sweep_store(state: Arc<AppState>) {
    let mut interval = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        interval.tick().await;
        state.sessions.sweep().await;
    }
}

/// Looks at the store while the process lives; says when it begins to fail and when it is well again.
pub async fn watch_store(state: Arc<AppState>) {
    let mut interval = tokio::time::interval(LOOK_INTERVAL);
    let mut was_well = true;
    loop {
        interval.tick().await;
        match state.sessions.ping().await {
            Ok(()) if !was_well => tracing::info!("the session store is well again"),
            Err(error) if was_well => metrics::store_failed(&error, "nobody can be sure to stay signed in"),
            _ => continue,
        }
        was_well = !was_well;
    }
}
