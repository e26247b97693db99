//! Keeps the session fresh and notices its end: ahead of the access token's end, when the tab comes to the
//! front, when another tab signs in or out, and when the browser brings an old page back.
//!
//! One watcher a document, made by `App`; it has at most one call under way, does not refresh from a
//! background tab (which must not keep a session alive), and believes only `current_session` that a session
//! is over: a late answer to an old session can't sign out a new one. [`schedule`] decides when.

use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::PageTransitionEvent;

use super::{
    Session,
    ended::SessionNotice,
    notice::Notice,
    schedule,
    tabs::{self, LOOK_AFTER_SIGN_OUT, News},
};
use crate::{
    api::session::{SessionState, SessionView, current_session, refresh_session},
    components::browser,
    error::AppError,
};

/// Looks at focus closer together than this are left out; milliseconds.
const SHORTEST_TIME_BETWEEN_LOOKS: f64 = 3_000.0;

/// The watcher's handle, in context everywhere.
#[derive(Clone, Copy)]
pub struct Watcher {
    session: Session,
    notice: RwSignal<Notice>,
    memory: StoredValue<Memory>,
    needs_session: fn(&str) -> bool,
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

/// Starts the watcher after hydration. Before, there is an empty live region and nothing else.
#[component]
pub fn SessionWatcher() -> impl IntoView {
    let watcher = expect_context::<Watcher>();
    Effect::new(move |_| watcher.start());
    view! { <SessionNotice notice=watcher.notice/> }
}

impl Watcher {
    /// Makes a document's one watcher. `needs_session` tells which paths can't be shown without a session.
    pub fn provide(session: Session, needs_session: fn(&str) -> bool) {
        provide_context(Self {
            session,
            notice: RwSignal::new(Notice::Quiet),
            memory: StoredValue::new(Memory::default()),
            needs_session,
        });
    }

    /// Refreshes now, due or not, unless a call is under way. The server decides whether anything is due.
    pub async fn refresh(self) {
        self.clear_timer();
        if !self.begin_call() {
            return;
        }
        let asked_at = browser::now();
        match refresh_session().await {
            Ok(view) => self.adopt(view, asked_at),
            // A late answer to a session that another tab replaced says the same: ask who is signed in now.
            Err(AppError::Unauthenticated) => self.settle(current_session().await, asked_at),
            Err(_) => self.keep_and_retry(),
        }
        self.end_call();
    }

    /// Whether the last call failed, so that the session is kept but nothing new is known of it.
    #[must_use]
    pub fn is_troubled(self) -> bool {
        self.memory.with_value(|memory| memory.failures > 0)
    }

    /// Called by the sign-out form as it is sent.
    pub fn announce_sign_out(self) {
        self.clear_timer();
        self.memory.update_value(|memory| memory.leaving = true);
        tabs::tell(News::SignedOut);
    }

    fn start(self) {
        tabs::listen(move |news| match news {
            News::SignedIn => self.look(),
            News::SignedOut => self.look_after_sign_out(0),
        });
        let listeners = [
            window_event_listener_untyped(&ev::EventDescriptor::name(&ev::focus), move |_| self.look_if_stale()),
            window_event_listener_untyped("visibilitychange", move |_| self.look_if_stale()),
            window_event_listener_untyped("online", move |_| self.look_if_stale()),
            window_event_listener_untyped("pageshow", |event| {
                if event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted) {
                    // A page from the back/forward cache remembers a session that may be over.
                    browser::reload();
                }
            }),
        ];
        on_cleanup(move || {
            self.clear_timer();
            listeners.into_iter().for_each(WindowListenerHandle::remove);
        });

        if let Ok(Some(view)) = self.session.current() {
            // Another sign-in than the last one that any tab has seen is news to the others.
            if browser::remember("signed-in-at", &view.signed_in_at.to_string()) {
                tabs::tell(News::SignedIn);
            }
            self.session.set_clock(&view, browser::document_requested_at());
            self.memory.update_value(|memory| memory.known = Some(view));
            self.schedule();
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
        if !browser::is_hidden() {
            spawn_local(self.refresh());
        }
    }

    /// The tab came to the front, or may have.
    fn look_if_stale(self) {
        let now = browser::now();
        let (known, troubled, fresh) = self.memory.with_value(|memory| {
            (memory.known.clone(), memory.failures > 0, now - memory.looked_at < SHORTEST_TIME_BETWEEN_LOOKS)
        });
        let Some(view) = known else { return };
        if browser::is_hidden() {
            return;
        }
        if troubled || schedule::is_due(&view, self.session.server_now()) {
            spawn_local(self.refresh());
        } else if !fresh {
            self.look();
        }
    }

    /// Asks the server who is signed in.
    fn look(self) {
        if !self.begin_call() {
            return;
        }
        let asked_at = browser::now();
        self.memory.update_value(|memory| memory.looked_at = asked_at);
        spawn_local(async move {
            self.settle(current_session().await, asked_at);
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
                    let answer = current_session().await;
                    self.end_call();
                    if matches!(answer, Ok(SessionState { session: None, .. })) {
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
        if (self.needs_session)(&current_path()) {
            self.memory.update_value(|memory| memory.leaving = true);
            browser::leave_for("/logged-out");
        }
    }

    /// Draws the conclusion from an answer of `current_session` that was asked for at `asked_at`.
    fn settle(self, answer: Result<SessionState, AppError>, asked_at: f64) {
        match answer {
            Ok(SessionState { session: Some(view), .. }) => self.adopt(view, asked_at),
            Ok(SessionState { session: None, .. }) => self.end(),
            Err(_) => self.keep_and_retry(),
        }
    }

    /// Takes over an answer. Somebody else's session is not shown in this page: it is loaded anew.
    fn adopt(self, view: SessionView, asked_at: f64) {
        if self.is_leaving() {
            return;
        }
        self.session.set_clock(&view, asked_at);
        let (somebody_else, other_grants) = self.memory.with_value(|memory| {
            memory.known.as_ref().map_or((false, false), |known| {
                (
                    schedule::needs_new_page(known, &view),
                    known.roles != view.roles || known.permissions != view.permissions,
                )
            })
        });
        if somebody_else {
            // A refresh may bring another organization, of which no sign-in tells the other tabs.
            tabs::tell(News::SignedIn);
        }
        if somebody_else || self.notice.get_untracked() == Notice::Ended {
            self.memory.update_value(|memory| memory.leaving = true);
            browser::reload();
            return;
        }
        self.memory.update_value(|memory| {
            memory.known = Some(view.clone());
            memory.failures = 0;
        });
        self.notice.set(Notice::Quiet);
        self.session.adopt(Some(view));
        if other_grants {
            self.session.grant_changes.update(|count| *count += 1);
        }
        self.schedule();
    }

    /// The session is over. Pages that need one say so; all others just show that nobody is signed in.
    fn end(self) {
        if self.is_leaving() || self.memory.with_value(|memory| memory.known.is_none()) {
            return;
        }
        self.forget();
        if (self.needs_session)(&current_path()) {
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

fn current_path() -> String {
    window().location().pathname().unwrap_or_default()
}
