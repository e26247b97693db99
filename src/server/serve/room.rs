//! How much memory is held for clients, and whether it is getting short.
//!
//! What is held is estimated: heads and bodies of requests that are under way, and answers that have not been taken. Not here: who has to
//! go when room is short, which each connection decides by its own limits ([`super::traffic`]).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::watch;

/// In bytes: about what a request costs beside its head and its bodies: its task, its stream, its answer's head.
const A_REQUEST: usize = 16 * 1024;

/// The process's room for clients.
pub(super) struct Room {
    /// In bytes; beyond it room is short, until half of it is left.
    most: usize,
    /// Connections beyond which it is short as well.
    many: usize,
    held: AtomicUsize,
    connections: AtomicUsize,
    is_short: watch::Sender<bool>,
}

impl Room {
    pub(super) fn new(most: usize, many: usize) -> Arc<Self> {
        let (held, connections) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { most, many, held, connections, is_short: watch::Sender::new(false) })
    }

    /// Holds so many bytes for a client.
    pub(super) fn hold(self: &Arc<Self>, bytes: usize) -> Held {
        self.held.fetch_add(bytes, Ordering::Relaxed);
        self.judge();
        Held { room: Arc::clone(self), bytes }
    }

    /// Holds what a request with a head of so many bytes costs.
    pub(super) fn hold_request(self: &Arc<Self>, head: usize) -> Held {
        self.hold(A_REQUEST + head)
    }

    pub(super) fn enter(self: &Arc<Self>) -> Inside {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.judge();
        Inside(Arc::clone(self))
    }

    /// Whether room is short, now and from now on.
    pub(super) fn shortage(&self) -> watch::Receiver<bool> {
        self.is_short.subscribe()
    }

    fn judge(&self) {
        let was_short = *self.is_short.borrow();
        let enough = if was_short { self.most / 2 } else { self.most };
        let is_short =
            self.held.load(Ordering::Relaxed) > enough || self.connections.load(Ordering::Relaxed) > self.many;
        if is_short != was_short {
            // Somebody else may have said so meanwhile.
            let is_news = self.is_short.send_if_modified(|short| std::mem::replace(short, is_short) != is_short);
            if is_news && is_short {
                tracing::warn!(
                    "room for clients is short: whoever takes no answer or sends no request has to go sooner"
                );
            }
        }
    }
}

/// Memory that is held for a client, until this is dropped.
pub(super) struct Held {
    room: Arc<Room>,
    bytes: usize,
}

impl Held {
    /// More of it for the same.
    pub(super) fn grow(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.room.held.fetch_add(bytes, Ordering::Relaxed);
        self.room.judge();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.held.fetch_sub(self.bytes, Ordering::Relaxed);
        self.room.judge();
    }
}

/// A connection, until this is dropped.
pub(super) struct Inside(Arc<Room>);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
        self.0.judge();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_short_from_its_limit_until_half_of_it_is_left() {
        let room = Room::new(100, 2);
        let is_short = || *room.shortage().borrow();
        let first = room.hold(100);
        assert!(!is_short());
        let mut second = room.hold(1);
        assert!(is_short());
        second.grow(49);
        drop(first);
        assert!(!is_short(), "50 of 100 are left");
        drop(second);
        let mut connections: Vec<_> = (0..2).map(|_| room.enter()).collect();
        assert!(!is_short());
        connections.push(room.enter());
        assert!(is_short());
        connections.pop();
        assert!(!is_short());
    }
}
