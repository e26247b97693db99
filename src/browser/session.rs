//! The session that the document knows: what the server wrote into the page, then what later answers said.
//! One for the whole document: every island reads this one.
//!
//! It is no security boundary: the server guards routes and checks each call itself. Later answers come from
//! the [`watcher`](super::watcher).

use js_sys::{Array, JSON};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::{call::member, elements, now, schedule};
use crate::api::session::{OrganizationView, SESSION_ELEMENT, SessionView, UserView};

/// The document's session.
#[derive(Clone, Copy)]
pub struct Session {
    /// What the page was drawn for; `None` for an anonymous visitor.
    drawn_for: StoredValue<Option<SessionView>>,
    /// What is known by now.
    known: RwSignal<Option<SessionView>>,
    /// By how many milliseconds the server's clock is ahead of the browser's.
    clock_lead: RwSignal<f64>,
    /// Whether the page is of no use without a session.
    is_needed: bool,
}

impl Session {
    /// Reads what the server wrote into the document.
    #[must_use]
    pub fn of_document() -> Self {
        let element = elements(&["#", SESSION_ELEMENT].concat()).next();
        let text = element.as_ref().and_then(|element| element.text_content()).unwrap_or_default();
        let view = JSON::parse(&text).ok().and_then(|value| read(&value));
        Self {
            drawn_for: StoredValue::new(view.clone()),
            known: RwSignal::new(view),
            clock_lead: RwSignal::new(0.0),
            is_needed: element.is_some_and(|element| element.has_attribute("data-needed")),
        }
    }

    /// The session as far as it is known by now.
    #[must_use]
    pub fn known(self) -> Option<SessionView> {
        self.known.get_untracked()
    }

    /// The signed-in person, kept up to date. Changes only when the person does.
    #[must_use]
    pub fn person(self) -> Signal<Option<UserView>> {
        Memo::new(move |_| self.known.with(|view| view.as_ref().map(|view| view.user.clone()))).into()
    }

    /// The session that the page was drawn for, kept up to date. Once it has ended it stays as it was.
    #[must_use]
    pub fn drawn(self) -> Option<Signal<SessionView>> {
        let drawn = self.drawn_for.get_value()?;
        Some(Signal::derive(move || self.known.get().unwrap_or_else(|| drawn.clone())))
    }

    /// Whether the page has to be loaded anew to show `latest`.
    #[must_use]
    pub fn needs_new_page_for(self, latest: &SessionView) -> bool {
        self.drawn_for.with_value(|drawn| drawn.as_ref().is_some_and(|drawn| schedule::needs_new_page(drawn, latest)))
    }

    /// Whether the page is of no use without a session.
    #[must_use]
    pub const fn is_needed(self) -> bool {
        self.is_needed
    }

    /// The server's clock, in milliseconds since 1970.
    #[must_use]
    pub fn server_now(self) -> f64 {
        now() + self.clock_lead.get_untracked()
    }

    /// Takes over a later answer; `None` says that nobody is signed in.
    pub(super) fn adopt(self, view: Option<SessionView>) {
        self.known.set(view);
    }

    /// Takes the reading of the server's clock that came with an answer asked for at `asked_at` (browser's
    /// clock). Using that moment and not the arrival errs towards refreshing early.
    pub(super) fn set_clock(self, view: &SessionView, asked_at: f64) {
        self.clock_lead.set(schedule::milliseconds(view.server_time) - asked_at);
    }
}

/// A session as the server writes it, read without a parser of our own: the browser has one. Its fields'
/// names are those of [`SessionView`]; `None` for anything that is no session.
pub(super) fn read(value: &JsValue) -> Option<SessionView> {
    let (user, organization) = (member(value, "user"), member(value, "organization"));
    let text = |of: &JsValue, name: &str| member(of, name).as_string();
    let time = |name: &str| Some(whole(member(value, name).as_f64()?));
    let list = |name: &str| Array::from(&member(value, name)).iter().filter_map(|item| item.as_string()).collect();
    Some(SessionView {
        user: UserView {
            id: text(&user, "id")?,
            display_name: text(&user, "display_name")?,
            given_name: text(&user, "given_name"),
            initials: text(&user, "initials")?,
            email: text(&user, "email"),
            email_verified: member(&user, "email_verified").is_truthy(),
            picture: text(&user, "picture"),
            external_id: text(&user, "external_id"),
        },
        organization: OrganizationView {
            id: text(&organization, "id")?,
            name: text(&organization, "name"),
            external_id: text(&organization, "external_id"),
        },
        roles: list("roles"),
        permissions: list("permissions"),
        signed_in_at: time("signed_in_at")?,
        access_issued_at: time("access_issued_at")?,
        access_expires_at: time("access_expires_at")?,
        session_ends_at: time("session_ends_at")?,
        server_time: time("server_time")?,
    })
}

#[expect(clippy::cast_possible_truncation, reason = "Unix times are far below 2^53")]
fn whole(number: f64) -> i64 {
    number as i64
}
