//! Keeps the owners alive from which a piece of a page has its contexts.
//!
//! An [`Owner`] holds its parent weakly. Looking a context up holds the owner's lock, and takes hold of one
//! ancestor after the other for a moment: if all others let go of one just then, because its request has
//! gone, it is cleaned up there and then, and with it the owner that is locked. The thread then waits for
//! itself, for ever (`Owner::with_context` of `reactive_graph` 0.2.16). Whoever looks contexts up beside the
//! request, or after an await, holds all ancestors, so that nobody's hold is the last.

use leptos::prelude::Owner;

/// An owner with all its ancestors, the nearest first: in that order they are let go.
pub struct Lineage(Vec<Owner>);

impl Lineage {
    /// The current owner's.
    #[must_use]
    pub fn of_current_owner() -> Self {
        Self(std::iter::successors(Owner::current(), Owner::parent).collect())
    }

    /// Runs `show` as part of the owner itself.
    pub fn with<T>(&self, show: impl FnOnce() -> T) -> T {
        match self.0.first() {
            Some(owner) => owner.with(show),
            None => show(),
        }
    }

    /// The task, and these owners until it is done.
    pub async fn outlive<T>(self, task: impl Future<Output = T>) -> T {
        let result = task.await;
        drop(self);
        result
    }
}
