//! Where islands stand in a document. The server draws each in a [`Place`]; [`take_over`] finds the places
//! and fills them anew.

use leptos::{mount::mount_to, prelude::*};
use web_sys::HtmlElement;

use super::{
    confirmation::{Confirmation, Ending},
    person_menu::{PersonMenu, PersonOrSignIn},
    session_notice::SessionNotice,
    session_ring::SessionRing,
    time_text::show_local_times,
    work_email::WorkEmail,
};
use crate::browser::{self, session::Session, watcher::Watcher};

/// The islands, by the words that mark their places.
pub mod name {
    pub const CONFIRMATION: &str = "confirmation";
    pub const PERSON_MENU: &str = "person-menu";
    pub const PERSON_OR_SIGN_IN: &str = "person-or-sign-in";
    pub const SESSION_NOTICE: &str = "session-notice";
    pub const SESSION_RING: &str = "session-ring";
    pub const WORK_EMAIL: &str = "work-email";
}

/// An island's place, with the server's drawing in it. It is no box of its own in the layout.
#[component]
pub fn Place(
    /// Which island.
    name: &'static str,
    /// What the browser needs to know to draw it, beside the document's session.
    #[prop(optional_no_strip)]
    about: Option<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="island" data-island=name data-about=about>
            {children()}
        </div>
    }
}

/// Starts the browser's half on a page that the server drew, with Leptos' executor running.
pub fn take_over() {
    let session = Session::of_document();
    let watcher = Watcher::start(session);
    let person = session.person();
    for place in browser::elements("[data-island]") {
        let data = place.dataset();
        let about = data.get("about").unwrap_or_default();
        match (data.get("island").unwrap_or_default().as_str(), session.drawn()) {
            (name::PERSON_MENU, _) => fill_unless_used(place, move || view! { <PersonMenu person/> }),
            (name::PERSON_OR_SIGN_IN, _) => fill_unless_used(place, move || view! { <PersonOrSignIn person/> }),
            (name::WORK_EMAIL, _) => fill_unless_used(place, move || view! { <WorkEmail return_to=about/> }),
            (name::CONFIRMATION, _) => {
                fill_unless_used(place, move || view! { <Confirmation ending=Ending::read(&about)/> });
            }
            (name::SESSION_NOTICE, _) => fill(place, move || view! { <SessionNotice notice=watcher.notice/> }),
            (name::SESSION_RING, Some(view)) => fill(place, move || view! { <SessionRing view/> }),
            _ => {}
        }
    }
    show_local_times();
}

/// Fills a place, unless somebody is at it already, with the focus, an open menu or something written: then
/// the server's drawing stays, and does what it does without scripts.
fn fill_unless_used<V: IntoView + 'static>(place: HtmlElement, view: impl FnOnce() -> V + 'static) {
    let is_used = place.matches(":focus-within").unwrap_or(false)
        || matches!(
            place.query_selector(":popover-open, input:not([type=hidden]):not(:placeholder-shown)"),
            Ok(Some(_))
        );
    if !is_used {
        fill(place, view);
    }
}

fn fill<V: IntoView + 'static>(place: HtmlElement, view: impl FnOnce() -> V + 'static) {
    place.set_inner_html("");
    mount_to(place, view).forget();
}
