//! What happens on one connection, as far as its limits of time are concerned.

use std::{
    collections::BTreeMap,
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

struct State {
    /// How many requests have begun.
    begun: u64,
    /// When those began that are under way, by their number.
    under_way: BTreeMap<u64, Instant>,
    /// When a request last ended; at first, when the connection began.
    idle_since: Instant,
}

impl State {
    /// When the client has taken too long, unless something happens before. The oldest request counts: others that come and go
    /// beside it, on HTTP/2, don't prolong its time.
    fn deadline(&self, limits: &ServeLimits) -> Instant {
        match self.under_way.first_key_value() {
            Some((_, began)) => *began + limits.answer,
            None if self.begun > 0 => self.idle_since + limits.idle,
            None => self.idle_since + limits.first_request,
        }
    }
}

impl Traffic {
    pub(super) fn new() -> Arc<Self> {
        let state = State { begun: 0, under_way: BTreeMap::new(), idle_since: Instant::now() };
        Arc::new(Self { state: Mutex::new(state), changed: Notify::new() })
    }

    /// A request has come; it ends when the guard does.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        let mut state = self.state();
        state.begun += 1;
        let number = state.begun;
        state.under_way.insert(number, Instant::now());
        drop(state);
        self.changed.notify_waiters();
        UnderWay { traffic: Arc::clone(self), number }
    }

    /// Ends when the client has taken too long.
    pub(super) async fn overdue(&self, limits: &ServeLimits) {
        loop {
            // Made before the look, so that no change is missed.
            let changed = self.changed.notified();
            let deadline = self.state().deadline(limits);
            if Instant::now() >= deadline {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep_until(deadline) => {}
                () = changed => {}
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered.
pub(super) struct UnderWay {
    traffic: Arc<Traffic>,
    number: u64,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.traffic.state();
        state.under_way.remove(&self.number);
        state.idle_since = Instant::now();
        drop(state);
        self.traffic.changed.notify_waiters();
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
