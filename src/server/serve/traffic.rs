//! What happens on one connection, as far as its limits of time are concerned.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::{sync::Notify, time::Instant};

use super::ServeLimits;

/// The requests of one connection.
pub(super) struct Traffic {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Clone, Copy)]
struct State {
    /// Whether there ever was a request.
    used: bool,
    under_way: usize,
    /// When a request last began or ended; at first, when the connection began.
    since: Instant,
}

impl Traffic {
    pub(super) fn new() -> Arc<Self> {
        let state = State { used: false, under_way: 0, since: Instant::now() };
        Arc::new(Self { state: Mutex::new(state), changed: Notify::new() })
    }

    /// A request has come; it ends when the guard does.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        let mut state = self.state();
        *state = State { used: true, under_way: state.under_way + 1, since: Instant::now() };
        drop(state);
        self.changed.notify_waiters();
        UnderWay(Arc::clone(self))
    }

    /// Ends when the client has taken too long.
    pub(super) async fn overdue(&self, limits: &ServeLimits) {
        loop {
            // Made before the look, so that no change is missed.
            let changed = self.changed.notified();
            let state = *self.state();
            let limit = match state {
                State { under_way: 1.., .. } => limits.answer,
                State { used: true, .. } => limits.idle,
                State { used: false, .. } => limits.first_request,
            };
            let deadline = state.since + limit;
            if Instant::now() >= deadline {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep_until(deadline) => {}
                () = changed => {}
            }
        }
    }

    /// Ends when the first request has come, or at once if it has.
    pub(super) async fn used(&self) {
        loop {
            let changed = self.changed.notified();
            if self.state().used {
                return;
            }
            changed.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered.
pub(super) struct UnderWay(Arc<Traffic>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.0.state();
        *state = State { under_way: state.under_way.saturating_sub(1), since: Instant::now(), ..*state };
        drop(state);
        self.0.changed.notify_waiters();
    }
}

/// The body of an answer: the request is under way until the last of it has been handed to be sent, which waits for the client as
/// soon as a few of its pieces are waiting.
pub(super) struct CountedBody {
    pub(super) body: Body,
    pub(super) _under_way: UnderWay,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
