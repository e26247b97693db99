//! Keeps the session fresh and notices its end: ahead of the access token's end, when the tab comes to the
//! front, when another tab signs in or out, and when the browser brings an old page back.
//!
//! One watcher a document; it has at most one call under way, does not refresh from a
//! background tab (which must not keep a session alive), and believes only `current_session` that a session
//! is over: a late answer to an old session can't sign out a new one. [`schedule`] decides when.

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::PageTransitionEvent;

use super::{
    call::{CallError, call, member},
    notice::Notice,
    schedule,
    session::{self, Session},
    tabs::{self, LOOK_AFTER_SIGN_OUT, News},
};
use crate::api::session::{SIGN_OUT_FORM, SessionView};

/// Looks at focus closer together than this are left out; milliseconds.
const SHORTEST_TIME_BETWEEN_LOOKS: f64 = 3_000.0;

/// The watcher's handle, in every island's context.
#[derive(Clone, Copy)]
pub struct Watcher {
    pub session: Session,
    pub notice: RwSignal<Notice>,
    memory: StoredValue<Memory>,
}

#[derive(Default)]
struct Memory {
    /// The session that this tab acts upon; `None` while nobody is signed in.
    known: Option<SessionView>,
    timer: Option<TimeoutHandle>,
    failures: u32,
    looked_at: f64,
    /// A call is under way.
    busy: bool,
    /// The person is signing out: nothing is called or shown any more.
    leaving: bool,
}

impl Watcher {
    /// Starts the document's one watcher.
    #[must_use]
    pub fn start(session: Session) -> Self {
        let watcher =
            Self { session, notice: RwSignal::new(Notice::Quiet), memory: StoredValue::new(Memory::default()) };
        provide_context(watcher);
        watcher.begin();
        watcher
    }

    /// Refreshes now, due or not, unless a call is under way. The server decides whether anything is due.
    pub async fn refresh(self) {
        self.clear_timer();
        if !self.begin_call() {
            return;
        }
        let asked_at = super::now();
        match call("refresh_session", "").await.map(|answer| session::read(&answer)) {
            Ok(Some(view)) => self.adopt(view, asked_at),
            // A late answer to a session that another tab replaced says the same: ask who is signed in now.
            Err(CallError::Unauthenticated) => self.settle(session_by("current_session").await, asked_at),
            Ok(None) | Err(CallError::Failed) => self.keep_and_retry(),
        }
        self.end_call();
    }

    /// Whether the last call failed, so that the session is kept but nothing new is known of it.
    #[must_use]
    pub fn is_troubled(self) -> bool {
        self.memory.with_value(|memory| memory.failures > 0)
    }

    /// The person is signing out, of which `public/page.js` tells the other tabs.
    fn leave(self) {
        self.clear_timer();
        self.memory.update_value(|memory| memory.leaving = true);
    }

    fn begin(self) {
        tabs::listen(move |news| match news {
            News::SignedIn => self.look(),
            News::SignedOut => self.look_after_sign_out(0),
        });
        for event in ["focus", "visibilitychange", "online"] {
            window_event_listener_untyped(event, move |_| self.look_if_stale());
        }
        window_event_listener_untyped("pageshow", move |event| {
            if event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted) {
                self.come_back();
            }
        });
        window_event_listener_untyped("submit", move |event| {
            if super::element_around(&event, SIGN_OUT_FORM).is_some() {
                self.leave();
            }
        });

        if let Some(view) = self.session.known() {
            // Another sign-in than the last one that any tab has seen is news to the others.
            if super::remember("signed-in-at", &view.signed_in_at.to_string()) {
                tabs::tell(News::SignedIn);
            }
            self.session.set_clock(&view, super::document_requested_at());
            self.memory.update_value(|memory| memory.known = Some(view));
            self.schedule();
            if super::was_fetched_ahead() {
                // The page may be minutes old, and the server does not know that the person is there.
                self.ask("note_presence");
            }
        }
    }

    /// Sets the timer for the next refresh.
    fn schedule(self) {
        let now = self.session.server_now();
        let wait = self.memory.with_value(|memory| {
            memory.known.as_ref().map(|view| match memory.failures {
                0 => schedule::wait_until_refresh(view, now, js_sys::Math::random()),
                failures => schedule::wait_after_failure(failures, js_sys::Math::random()),
            })
        });
        self.clear_timer();
        if let Some(wait) = wait {
            let timer = set_timeout_with_handle(move || self.refresh_if_visible(), wait).ok();
            self.memory.update_value(|memory| memory.timer = timer);
        }
    }

    /// The timer's end. A hidden tab waits until it is looked at: [`Self::look_if_stale`] goes on from there.
    fn refresh_if_visible(self) {
        if !super::is_hidden() {
            spawn_local(self.refresh());
        }
    }

    /// The tab came to the front, or may have.
    fn look_if_stale(self) {
        let now = super::now();
        let (known, troubled, fresh) = self.memory.with_value(|memory| {
            (memory.known.clone(), memory.failures > 0, now - memory.looked_at < SHORTEST_TIME_BETWEEN_LOOKS)
        });
        let Some(view) = known else { return };
        if super::is_hidden() {
            return;
        }
        if troubled || schedule::is_due(&view, self.session.server_now()) {
            spawn_local(self.refresh());
        } else if !fresh {
            self.look();
        }
    }

    /// The browser has brought the page back from its cache: it remembers a session that may be over, or
    /// somebody else's.
    fn come_back(self) {
        // What was under way when the page was left never ends.
        self.memory.update_value(|memory| (memory.busy, memory.leaving) = (false, false));
        self.look();
    }

    /// Asks the server who is signed in.
    fn look(self) {
        self.ask("current_session");
    }

    fn ask(self, function: &'static str) {
        if !self.begin_call() {
            return;
        }
        let asked_at = super::now();
        self.memory.update_value(|memory| memory.looked_at = asked_at);
        spawn_local(async move {
            self.settle(session_by(function).await, asked_at);
            self.end_call();
        });
    }

    /// Another tab signed out: asks until the server confirms, a few times at most.
    fn look_after_sign_out(self, attempt: usize) {
        let Some(wait) = LOOK_AFTER_SIGN_OUT.get(attempt) else { return };
        if self.memory.with_value(|memory| memory.known.is_none() || memory.leaving) {
            return;
        }
        set_timeout(
            move || {
                if !self.begin_call() {
                    self.look_after_sign_out(attempt + 1);
                    return;
                }
                spawn_local(async move {
                    let answer = session_by("current_session").await;
                    self.end_call();
                    if answer == Ok(None) {
                        self.follow_sign_out();
                    } else {
                        self.look_after_sign_out(attempt + 1);
                    }
                });
            },
            *wait,
        );
    }

    /// Leaves a page that needs a session; any other page just shows that nobody is signed in.
    fn follow_sign_out(self) {
        if self.is_leaving() {
            return;
        }
        self.forget();
        if self.session.is_needed() {
            self.leave();
            super::leave_for("/logged-out");
        }
    }

    /// Draws the conclusion from an answer of `current_session` that was asked for at `asked_at`.
    fn settle(self, answer: Result<Option<SessionView>, CallError>, asked_at: f64) {
        match answer {
            Ok(Some(view)) => self.adopt(view, asked_at),
            Ok(None) => self.end(),
            Err(_) => self.keep_and_retry(),
        }
    }

    /// Takes over an answer. What the server drew for somebody else, or for other roles, is not shown in its
    /// light: the page is loaded anew. For other roles not while somebody writes; the next answer does it.
    fn adopt(self, view: SessionView, asked_at: f64) {
        if self.is_leaving() {
            return;
        }
        self.session.set_clock(&view, asked_at);
        let is_somebody_else = self
            .memory
            .with_value(|memory| memory.known.as_ref().is_some_and(|known| schedule::is_somebody_else(known, &view)));
        if is_somebody_else {
            // A refresh may bring another organization, of which no sign-in tells the other tabs.
            tabs::tell(News::SignedIn);
        }
        if is_somebody_else
            || self.notice.get_untracked() == Notice::Ended
            || (self.session.needs_new_page_for(&view) && !super::is_writing())
        {
            self.leave();
            super::reload();
            return;
        }
        self.memory.update_value(|memory| {
            memory.known = Some(view.clone());
            memory.failures = 0;
        });
        self.notice.set(Notice::Quiet);
        self.session.adopt(Some(view));
        self.schedule();
    }

    /// The session is over. Pages that need one say so; all others just show that nobody is signed in.
    fn end(self) {
        if self.is_leaving() || self.memory.with_value(|memory| memory.known.is_none()) {
            return;
        }
        self.forget();
        if self.session.is_needed() {
            self.notice.set(Notice::Ended);
        }
    }

    fn forget(self) {
        self.clear_timer();
        self.memory.update_value(|memory| memory.known = None);
        self.notice.set(Notice::Quiet);
        self.session.adopt(None);
    }

    /// Nothing is known to be wrong with the session: keep it, try again, and say so if that takes longer.
    fn keep_and_retry(self) {
        if self.is_leaving() {
            return;
        }
        let now = self.session.server_now();
        let is_worth_saying = self.memory.try_update_value(|memory| {
            memory.failures += 1;
            memory.known.as_ref().is_some_and(|view| schedule::is_worth_saying(view, memory.failures, now))
        });
        if is_worth_saying == Some(true) {
            self.notice.set(Notice::Retrying);
        }
        self.schedule();
    }

    /// Whether a call may be made now; then none may be made until [`Self::end_call`].
    fn begin_call(self) -> bool {
        self.memory
            .try_update_value(|memory| !memory.leaving && !std::mem::replace(&mut memory.busy, true))
            .unwrap_or(false)
    }

    fn end_call(self) {
        self.memory.update_value(|memory| memory.busy = false);
    }

    fn is_leaving(self) -> bool {
        self.memory.with_value(|memory| memory.leaving)
    }

    fn clear_timer(self) {
        self.memory.update_value(|memory| {
            if let Some(timer) = memory.timer.take() {
                timer.clear();
            }
        });
    }
}

/// Who is signed in, as the server says.
async fn session_by(function: &str) -> Result<Option<SessionView>, CallError> {
    let session: JsValue = member(&call(function, "").await?, "session");
    // An answer that can't be read is none: it ends no session.
    if session.is_null() { Ok(None) } else { session::read(&session).map(Some).ok_or(CallError::Failed) }
}
