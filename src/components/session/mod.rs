//! Who is signed in, as the browser knows it.
//!
//! [`Session`] is the context that every page reads: the answer in the document, replaced by later ones. It
//! is no security boundary: the server guards routes and checks each call itself. [`Watcher`] brings later
//! answers, [`schedule`] says when, [`tabs`] tells the other tabs, [`ended`] shows the outcome.
//!
//! The first answer is a shared value, not a resource that loads: the guard in front of the router has found
//! it out already, so the server has it at once, writes it into the document, and the browser reads it there.
//! Several `<Suspense>` that wait for one resource can hang while the server renders (leptos#4851,
//! leptos#4578); here nothing waits.

pub mod ended;
pub mod notice;
pub mod schedule;
pub mod tabs;
pub mod watcher;

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use leptos::{prelude::*, server::SharedValue};

use super::{browser, page_data::JsonBytes};
use crate::{
    api::session::{ProviderView, SessionState, SessionView, UserView, current_session},
    error::AppError,
};

pub use watcher::{SessionWatcher, Watcher};

/// The session as this document knows it.
#[derive(Clone, Copy)]
pub struct Session {
    at_load: StoredValue<Result<SessionState, AppError>>,
    /// The latest answer after the one that came with the document, if there was any.
    later: RwSignal<Option<Later>>,
    /// Counts changes of roles and permissions after the document was loaded.
    grant_changes: RwSignal<u32>,
    /// By how many milliseconds the server's clock is ahead of the browser's.
    clock_lead: RwSignal<f64>,
}

/// What a later answer said.
#[derive(Clone)]
enum Later {
    SignedIn(Box<SessionView>),
    SignedOut,
}

impl Session {
    /// Makes the one session of a document. Called by `App`, before any other resource.
    #[must_use]
    pub fn provide() -> Self {
        let at_load = SharedValue::<_, JsonBytes>::new_with_encoding(|| at_once(current_session()));
        let session = Self {
            at_load: StoredValue::new(at_load.into_inner()),
            later: RwSignal::new(None),
            grant_changes: RwSignal::new(0),
            clock_lead: RwSignal::new(0.0),
        };
        provide_context(session);
        session
    }

    /// The signed-in session as far as it is known by now; `None` for an anonymous visitor.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] while the server can't tell.
    pub fn current(self) -> Result<Option<SessionView>, AppError> {
        match self.later.get_untracked() {
            Some(Later::SignedIn(view)) => Ok(Some(*view)),
            Some(Later::SignedOut) => Ok(None),
            None => {
                self.at_load.with_value(|state| state.as_ref().map(|state| state.session.clone()).map_err(Clone::clone))
            }
        }
    }

    /// The signed-in session, kept up to date. A page that needs one shows the error otherwise.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] without a session, [`AppError::Unavailable`] while that is unknown.
    pub fn require(self) -> Result<Signal<SessionView>, AppError> {
        let initially = self.current()?.ok_or(AppError::Unauthenticated)?;
        Ok(Signal::derive(move || match self.later.get() {
            Some(Later::SignedIn(view)) => *view,
            // Once ended, the page behind the dialog goes on showing what it showed.
            Some(Later::SignedOut) | None => initially.clone(),
        }))
    }

    /// The signed-in person, kept up to date; `None` if anonymous. Changes only when the person does.
    pub fn person(self) -> Memo<Option<UserView>> {
        let initially = self.current().ok().flatten().map(|view| view.user);
        Memo::new(move |_| match self.later.get() {
            Some(Later::SignedIn(view)) => Some(view.user),
            Some(Later::SignedOut) => None,
            None => initially.clone(),
        })
    }

    /// The identity provider, if the server could tell.
    pub fn provider(self) -> Option<ProviderView> {
        self.at_load.with_value(|state| state.as_ref().ok().map(|state| state.provider.clone()))
    }

    /// How often roles or permissions changed since the page load. Tracked: what depends on them follows.
    pub fn grant_changes(self) -> u32 {
        self.grant_changes.get()
    }

    /// The server's clock, in milliseconds since 1970.
    #[must_use]
    pub fn server_now(self) -> f64 {
        browser::now() + self.clock_lead.get_untracked()
    }

    /// Takes over a later answer; `None` says that nobody is signed in.
    fn adopt(self, view: Option<SessionView>) {
        self.later.set(Some(view.map_or(Later::SignedOut, |view| Later::SignedIn(Box::new(view)))));
    }

    /// Takes the reading of the server's clock that came with an answer asked for at `asked_at` (browser's
    /// clock). Using that moment and not the arrival errs towards refreshing early.
    fn set_clock(self, view: &SessionView, asked_at: f64) {
        self.clock_lead.set(schedule::milliseconds(view.server_time) - asked_at);
    }
}

/// The answer of a server function that has nothing to wait for, on the server. In the browser, which would
/// have to wait, there is no answer; it asks only if the document brings none.
fn at_once<T>(answer: impl Future<Output = Result<T, AppError>>) -> Result<T, AppError> {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => Err(AppError::Unavailable { retry_after: 1 }),
    }
}
