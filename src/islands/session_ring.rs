//! The session as a ring that empties with the access token and fills again at its refresh, with exact times.
//!
//! The server draws it by its own clock; in the browser it follows the clock once a second. The watcher
//! refreshes; the button only asks for it.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::time_text::{TimeText, countdown};
use crate::{
    api::session::SessionView,
    browser::{schedule, watcher::Watcher},
};

/// A card's content: ring, times and "Refresh now".
#[component]
pub fn SessionRing(
    /// The session, kept up to date.
    view: Signal<SessionView>,
) -> impl IntoView {
    // The server's clock in milliseconds: its reading, and in the browser how it goes on.
    let now = RwSignal::new(schedule::milliseconds(view.with_untracked(|view| view.server_time)));
    if let Some(watcher) = use_context::<Watcher>() {
        let tick = move || now.set(watcher.session.server_now());
        tick();
        // Without it the times stand still, which the page's next drawing mends.
        drop(set_interval_with_handle(tick, Duration::from_secs(1)));
    }
    let emptied = move || (1_000 - view.with(|view| schedule::thousandths_left(view, now.get()))).to_string();
    let left = move || countdown(seconds_until(view.with(|view| view.access_expires_at), now.get()));

    view! {
        <div class="session-state">
            <svg class="ring" viewBox="0 0 120 120" aria-hidden="true">
                <circle class="ring-track" cx="60" cy="60" r="52"/>
                <circle
                    class="ring-rest"
                    cx="60"
                    cy="60"
                    r="52"
                    pathLength="1000"
                    stroke-dasharray="1000"
                    stroke-dashoffset=emptied
                    transform="rotate(-90 60 60)"
                />
            </svg>
            <p class="ring-text">
                <span class="ring-time" role="timer" aria-label="Time until the access token ends">
                    {left}
                </span>
                <span class="ring-label needs-scripts">"left"</span>
                <span class="ring-label without-scripts">"left when loaded"</span>
            </p>
            <dl class="facts">
                <div>
                    <dt>"Signed in"</dt>
                    <dd><TimeText at=Signal::derive(move || view.with(|view| view.signed_in_at))/></dd>
                </div>
                <div>
                    <dt>"Token issued"</dt>
                    <dd><TimeText at=Signal::derive(move || view.with(|view| view.access_issued_at))/></dd>
                </div>
                <div>
                    <dt>"Token ends"</dt>
                    <dd><TimeText at=Signal::derive(move || view.with(|view| view.access_expires_at))/></dd>
                </div>
                <div>
                    <dt>"Session ends"</dt>
                    <dd><TimeText at=Signal::derive(move || view.with(|view| view.session_ends_at))/></dd>
                </div>
            </dl>
            <RefreshNow view=view/>
        </div>
    }
}

/// Asks for a refresh and says what came of it.
#[component]
fn RefreshNow(view: Signal<SessionView>) -> impl IntoView {
    let watcher = use_context::<Watcher>();
    let outcome = RwSignal::new("");
    let issued_at = move || view.with_untracked(|view| view.access_issued_at);
    let refresh = move |_| {
        let Some(watcher) = watcher else { return };
        outcome.set("Asking …");
        spawn_local(async move {
            let before = issued_at();
            watcher.refresh().await;
            outcome.try_set(if watcher.is_troubled() {
                "Not possible right now. It is tried again by itself."
            } else if issued_at() == before {
                "Not due yet: the token is still fresh."
            } else {
                "Refreshed."
            });
        });
    };

    view! {
        <p class="refresh needs-scripts">
            <button type="button" class="button" on:click=refresh>
                <svg class="icon" aria-hidden="true">
                    <use href="#icon-refresh"></use>
                </svg>
                "Refresh now"
            </button>
            <span class="refresh-outcome" role="status">
                {outcome}
            </span>
        </p>
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a difference of Unix times in seconds fits")]
fn seconds_until(end: i64, now: f64) -> i64 {
    ((schedule::milliseconds(end) - now) / 1_000.0).ceil() as i64
}
