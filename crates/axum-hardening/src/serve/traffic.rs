//! What happens on one connection, as far as its limits of time are concerned: who has to do the next thing,
//! and since when.
//!
//! As long as it is the server's turn no time runs here; the router has a limit of its own. Not here: how
//! this is observed ([`super::body`], [`super::watched`]).

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
use tokio::time::Instant;

use super::{
    ServeLimits,
    load::{Held, Load},
    shares::Slot,
};

/// In bytes: less than this of an answer is no progress.
const LEAST_PROGRESS: usize = 1024;

/// In bytes: on HTTP/2, what a client without a request may say that is no beginning of one: pings, windows,
/// settings.
const SMALL_TALK: usize = 4096;

/// One connection.
pub(super) struct Traffic {
    pub(super) load: Arc<Load>,
    slot: Option<Slot>,
    state: Mutex<State>,
    /// Whether the socket took nothing more when it was last tried.
    is_full: AtomicBool,
}

struct State {
    /// How many requests have begun.
    begun: u64,
    has_streams: bool,
    /// Those that have not ended, by their number.
    under_way: HashMap<u64, Progress>,
    /// When a request last ended; at first, when the connection began.
    idle_since: Instant,
    /// What has come since the last request began, in bytes, and when it was enough to be the beginning of
    /// another.
    unread: usize,
    head_since: Option<Instant>,
    /// When the socket, having been full, last took something. Until then its streams wait for each other,
    /// not for the client.
    moved: Instant,
    /// Since when what was written has not left: TLS keeps a little of it, which belongs to no request any
    /// more.
    unflushed_since: Option<Instant>,
}

/// One request's.
struct Progress {
    /// When the client last did something for it.
    since: Instant,
    /// Whether the client has to do the next thing: to send more of the body, or to make room for more of the
    /// answer.
    is_awaited: bool,
    /// Pieces of the answer that have been handed over and not been taken.
    untaken: usize,
    /// Bytes taken since they last were progress.
    taken: usize,
}

impl State {
    /// When the client has taken too long, unless something happens before; `None` while it is not its turn.
    fn deadline(&self, limits: &ServeLimits, load_is_high: bool, is_crowded: bool) -> Option<Instant> {
        let within = |limit: Duration, hurries: bool| if hurries { limit.min(limits.hurry) } else { limit };
        if let Some(since) = self.unflushed_since.filter(|_| self.under_way.is_empty()) {
            return Some(since + within(limits.stalled, load_is_high));
        }
        if !self.under_way.is_empty() {
            let waiting = self.under_way.values().filter(|request| request.is_awaited || request.untaken > 0);
            let oldest = waiting.map(|request| request.since).min()?;
            // Whoever holds what others need is not excused by what else it takes.
            let since = if load_is_high { oldest } else { oldest.max(self.moved) };
            return Some(since + within(limits.stalled, load_is_high));
        }
        if self.begun == 0 {
            return Some(self.idle_since + within(limits.head, load_is_high));
        }
        let idle = self.idle_since + within(limits.idle, load_is_high || is_crowded);
        let head = self.head_since.map(|since| since + within(limits.head, load_is_high));
        Some(head.map_or(idle, |head| head.min(idle)))
    }
}

impl Traffic {
    pub(super) fn new(load: &Arc<Load>, slot: Option<Slot>) -> Arc<Self> {
        let now = Instant::now();
        let state = State {
            begun: 0,
            has_streams: false,
            under_way: HashMap::new(),
            idle_since: now,
            unread: 0,
            head_since: None,
            moved: now,
            unflushed_since: None,
        };
        Arc::new(Self { load: Arc::clone(load), slot, state: Mutex::new(state), is_full: AtomicBool::new(false) })
    }

    /// A request has come, with a head of so many bytes; it ends when the last of those who hold this has let
    /// it go.
    pub(super) fn begin(self: &Arc<Self>, head: usize, has_streams: bool) -> Arc<UnderWay> {
        let mut state = self.state();
        state.begun += 1;
        state.has_streams = has_streams;
        (state.unread, state.head_since) = (0, None);
        let number = state.begun;
        let progress = Progress { since: Instant::now(), is_awaited: false, untaken: 0, taken: 0 };
        state.under_way.insert(number, progress);
        drop(state);
        Arc::new(UnderWay { traffic: Arc::clone(self), number, _held: self.load.hold_request(head) })
    }

    /// The client has sent so many bytes.
    pub(super) fn received(&self, bytes: usize) {
        let mut state = self.state();
        // Bodies are seen by who reads them, the first head has its time anyway.
        if state.begun == 0 || !state.under_way.is_empty() {
            return;
        }
        state.unread += bytes;
        let is_head = !state.has_streams || state.unread > SMALL_TALK;
        if is_head && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
        }
    }

    /// The socket takes nothing more for now.
    pub(super) fn fill(&self) {
        self.is_full.store(true, Ordering::Relaxed);
    }

    /// Whether everything that was written has left.
    pub(super) fn flush(&self, has_left: bool) {
        let mut state = self.state();
        if has_left {
            state.unflushed_since = None;
        } else {
            state.unflushed_since.get_or_insert_with(Instant::now);
        }
    }

    /// The socket has taken something.
    pub(super) fn sent(&self) {
        if self.is_full.swap(false, Ordering::Relaxed) {
            self.state().moved = Instant::now();
        }
    }

    /// Ends when the client has taken too long.
    pub(super) async fn overdue(&self, limits: &ServeLimits) {
        let mut high = self.load.watch_high();
        loop {
            let load_is_high = *high.borrow_and_update();
            let is_crowded = self.slot.as_ref().is_some_and(Slot::is_crowded);
            let now = Instant::now();
            let deadline = self.state().deadline(limits, load_is_high, is_crowded);
            if deadline.is_some_and(|deadline| now >= deadline) {
                return;
            }
            // What happens from now on has a deadline that is no earlier than this.
            let next_look =
                now + if load_is_high { limits.hurry } else { limits.head.min(limits.stalled).min(limits.idle) };
            tokio::select! {
                () = tokio::time::sleep_until(deadline.map_or(next_look, |deadline| deadline.min(next_look))) => {}
                // The load outlives its connections.
                _ = high.changed() => {}
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// A request that is being answered.
pub(super) struct UnderWay {
    traffic: Arc<Traffic>,
    number: u64,
    _held: Held,
}

impl UnderWay {
    /// Memory for it.
    pub(super) fn hold(&self, bytes: usize) -> Held {
        self.traffic.load.hold(bytes)
    }

    /// From now on the client has to do the next thing.
    pub(super) fn await_client(&self) {
        self.change(|progress| {
            if !progress.is_awaited {
                (progress.is_awaited, progress.since) = (true, Instant::now());
            }
        });
    }

    /// From now on the server has.
    pub(super) fn await_server(&self) {
        self.change(|progress| progress.is_awaited = false);
    }

    /// A piece of the answer has been handed over.
    pub(super) fn hand_over(&self) {
        self.change(|progress| {
            progress.untaken += 1;
            (progress.is_awaited, progress.since) = (true, Instant::now());
        });
    }

    /// The client has taken so many bytes of a piece.
    pub(super) fn take(&self, bytes: usize) {
        self.change(|progress| {
            progress.taken += bytes;
            if progress.taken >= LEAST_PROGRESS {
                (progress.taken, progress.since) = (0, Instant::now());
            }
        });
    }

    /// The client has taken the last of a piece, or never will.
    pub(super) fn let_go(&self) {
        self.change(|progress| {
            progress.untaken -= 1;
            progress.since = Instant::now();
        });
    }

    fn change(&self, change: impl FnOnce(&mut Progress)) {
        if let Some(progress) = self.traffic.state().under_way.get_mut(&self.number) {
            change(progress);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.traffic.state();
        state.under_way.remove(&self.number);
        state.idle_since = Instant::now();
    }
}
