//! Tasks that Leptos begins while it renders belong to the rendered request: what they write carries its id,
//! and what its contexts hold stays until they are done. Leptos' own executor begins them outside of it.

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
        tokio::spawn(Lineage::of_current_owner().outlive(task).in_current_span());
    }

    fn spawn_local(&self, task: PinnedLocalFuture<()>) {
        tokio::task::spawn_local(Lineage::of_current_owner().outlive(task).in_current_span());
    }

    fn poll_local(&self) {}
}

#[cfg(test)]
mod tests {
    use leptos::prelude::{Owner, provide_context, use_context};
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_task_finds_its_contexts_after_its_request_has_gone() {
        keep_to_requests();
        let (go_on, gone) = oneshot::channel::<()>();
        let (tell, found) = oneshot::channel();
        let request = Owner::new();
        request.with(|| provide_context("of the request"));
        let page = request.child();
        page.with(|| {
            let component = page.child();
            component.with(|| {
                let scoped = Owner::current().unwrap();
                Executor::spawn(async move {
                    gone.await.unwrap();
                    tell.send(scoped.with(use_context::<&str>)).unwrap();
                });
            });
        });
        drop((page, request));
        go_on.send(()).unwrap();
        assert_eq!(found.await.unwrap(), Some("of the request"));
    }
}
