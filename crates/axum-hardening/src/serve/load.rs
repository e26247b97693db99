//! How much the process carries for its clients, in memory and connections, and whether that is too much.
//!
//! Memory is estimated: heads and bodies of requests that are under way, and answers that have not been
//! taken. Not here: who has to go while the load is high, which each connection decides by its own limits
//! ([`super::traffic`]).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::watch;

/// In bytes: about what a request costs beside its head and its bodies: its task, its stream, its answer's
/// head.
const A_REQUEST: usize = 16 * 1024;

/// What the process carries.
pub(super) struct Load {
    /// In bytes; beyond it the load is high, until half of it is left.
    memory: usize,
    /// Connections beyond which it is high as well.
    many: usize,
    held: AtomicUsize,
    connections: AtomicUsize,
    is_high: watch::Sender<bool>,
}

impl Load {
    pub(super) fn new(memory: usize, many: usize) -> Arc<Self> {
        let (held, connections) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { memory, many, held, connections, is_high: watch::Sender::new(false) })
    }

    /// Holds so many bytes for a client.
    pub(super) fn hold(self: &Arc<Self>, bytes: usize) -> Held {
        self.held.fetch_add(bytes, Ordering::Relaxed);
        self.judge();
        Held { load: Arc::clone(self), bytes }
    }

    /// Holds what a request with a head of so many bytes costs.
    pub(super) fn hold_request(self: &Arc<Self>, head: usize) -> Held {
        self.hold(A_REQUEST + head)
    }

    pub(super) fn connect(self: &Arc<Self>) -> Connected {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.judge();
        Connected(Arc::clone(self))
    }

    /// Whether the load is high, now and from now on.
    pub(super) fn watch_high(&self) -> watch::Receiver<bool> {
        self.is_high.subscribe()
    }

    fn judge(&self) {
        let was_high = *self.is_high.borrow();
        let enough = if was_high { self.memory / 2 } else { self.memory };
        let is_high =
            self.held.load(Ordering::Relaxed) > enough || self.connections.load(Ordering::Relaxed) > self.many;
        if is_high != was_high {
            // Somebody else may have said so meanwhile.
            let is_news = self.is_high.send_if_modified(|high| std::mem::replace(high, is_high) != is_high);
            if is_news && is_high {
                tracing::warn!(
                    "room for clients is short: whoever takes no answer or sends no request has to go sooner"
                );
            }
        }
    }
}

/// Memory that is held for a client, until this is dropped.
pub(super) struct Held {
    load: Arc<Load>,
    bytes: usize,
}

impl Held {
    /// More of it for the same.
    pub(super) fn grow(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.load.held.fetch_add(bytes, Ordering::Relaxed);
        self.load.judge();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.load.held.fetch_sub(self.bytes, Ordering::Relaxed);
        self.load.judge();
    }
}

/// A connection, until this is dropped.
pub(super) struct Connected(Arc<Load>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
        self.0.judge();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_high_from_its_limit_until_half_of_it_is_left() {
        let load = Load::new(100, 2);
        let is_high = || *load.watch_high().borrow();
        let first = load.hold(100);
        assert!(!is_high());
        let mut second = load.hold(1);
        assert!(is_high());
        second.grow(49);
        drop(first);
        assert!(!is_high(), "50 of 100 are left");
        drop(second);
        let mut connections: Vec<_> = (0..2).map(|_| load.connect()).collect();
        assert!(!is_high());
        connections.push(load.connect());
        assert!(is_high());
        connections.pop();
        assert!(!is_high());
    }
}
