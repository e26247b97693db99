//! Tasks that Leptos begins while it renders belong to the request that is rendered: what they write carries
//! its id. Leptos' own executor begins them outside of everything.

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use tracing::Instrument as _;

/// Has Leptos begin its tasks within the span that is current. Before anything renders: the first executor
/// stays.
pub(in crate::server) fn keep_spans() {
    // Another router of this process has done it.
    let _ = Executor::init_custom_executor(WithinSpan);
}

/// Tokio, as Leptos uses it itself, but for the span.
struct WithinSpan;

impl CustomExecutor for WithinSpan {
    fn spawn(&self, task: PinnedFuture<()>) {
        tokio::spawn(task.in_current_span());
    }

    fn spawn_local(&self, task: PinnedLocalFuture<()>) {
        tokio::task::spawn_local(task.in_current_span());
    }

    fn poll_local(&self) {}
}
