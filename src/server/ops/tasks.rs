//! Tasks that Leptos begins while it renders belong to the request that is rendered: what they write carries
//! its id, and no step of theirs meets contexts that are being cleaned up. Leptos' own executor begins them
//! outside of everything.

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use tracing::Instrument as _;

use crate::lineage::Lineage;

/// Has Leptos begin its tasks as part of the request. Before anything renders: the first executor stays.
pub(in crate::server) fn keep_to_requests() {
    // Another router of this process has done it.
    let _ = Executor::init_custom_executor(WithinRequest);
}

/// Tokio, as Leptos uses it itself, but for the span and the owners.
struct WithinRequest;

impl CustomExecutor for WithinRequest {
    fn spawn(&self, task: PinnedFuture<()>) {
        tokio::spawn(Lineage::of_current_owner().held_at_each_step(task).in_current_span());
    }

    fn spawn_local(&self, task: PinnedLocalFuture<()>) {
        tokio::task::spawn_local(Lineage::of_current_owner().held_at_each_step(task).in_current_span());
    }

    fn poll_local(&self) {}
}
