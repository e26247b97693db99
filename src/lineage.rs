//! Keeps the owners alive from which a piece of a page has its contexts, while it looks them up.
//!
//! An [`Owner`] holds its parent weakly. Looking a context up locks the owner and takes hold of one ancestor
//! after the other: if all others let go of one just then, because its request has gone, it is cleaned up
//! there and then, and with it the owner that is locked. The thread then waits for itself, for ever
//! (`Owner::with_context` of `reactive_graph` 0.2.16). So whoever looks contexts up beside the request, or
//! after an await, holds all ancestors meanwhile: then no hold of a moment is the last.

use std::{future::poll_fn, pin::Pin};

use leptos::{prelude::Owner, reactive::owner::WeakOwner};

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

    /// The task, with those owners held at each of its steps that are still there. Not between them: a task
    /// that goes on until its owner is cleaned up, as a `Resource`'s does, would keep both for ever.
    pub fn held_at_each_step<F: Future + ?Sized>(self, mut task: Pin<Box<F>>) -> impl Future<Output = F::Output> {
        let owners: Vec<WeakOwner> = self.0.iter().map(Owner::downgrade).collect();
        drop(self);
        poll_fn(move |context| {
            let _held: Vec<Owner> = owners.iter().filter_map(WeakOwner::upgrade).collect();
            task.as_mut().poll(context)
        })
    }
}
