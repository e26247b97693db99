//! What the browser's half does besides drawing: it keeps the session that the document knows, watches over
//! it, tells the other tabs, calls server functions.
//!
//! - [`session`]: the document's session: what the server wrote into the page, then what later answers said.
//! - [`watcher`]: keeps it fresh and notices its end; [`schedule`] says when, [`notice`] what people hear.
//! - [`tabs`]: what tabs tell each other. [`call`]: server functions, without their types' weight.
//!
//! All of it compiles for the server too, which draws the islands whose event handlers call it; nothing of it
//! runs there. The few calls to the browser stand in this file, each with its failures settled.

pub mod call;
pub mod notice;
pub mod schedule;
pub mod session;
pub mod tabs;
pub mod watcher;

use call::member;
use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, FocusEvent, HtmlElement, Node, NodeList, VisibilityState};

/// The browser's clock in milliseconds since 1970.
#[must_use]
pub fn now() -> f64 {
    js_sys::Date::now()
}

/// The browser's clock when this document was asked for, in milliseconds since 1970.
#[must_use]
pub fn document_requested_at() -> f64 {
    now() - window().performance().map_or(0.0, |performance| performance.now())
}

/// Whether the document was fetched before the person asked for it.
#[must_use]
pub fn was_fetched_ahead() -> bool {
    let entries = window().performance().map(|performance| performance.get_entries_by_type("navigation"));
    let delivery = entries.map(|entries| member(&entries.get(0), "deliveryType"));
    delivery.and_then(|delivery| delivery.as_string()).is_some_and(|delivery| delivery == "navigational-prefetch")
}

/// Whether the document is in a background tab.
#[must_use]
pub fn is_hidden() -> bool {
    document().visibility_state() == VisibilityState::Hidden
}

/// Path and query of the current address.
#[must_use]
pub fn current_address() -> String {
    let location = window().location();
    [location.pathname().unwrap_or_default(), location.search().unwrap_or_default()].concat()
}

/// Loads another document, which takes this one's place in the history: nothing of this page's memory stays.
pub fn leave_for(address: &str) {
    // A refused navigation leaves the page as it is; there is nothing better to do.
    let _ = window().location().replace(address);
}

/// Loads the current document again.
pub fn reload() {
    let _ = window().location().reload();
}

/// Remembers `value` under `name` for all tabs; `true` if that is new. Blocked storage remembers nothing.
#[must_use]
pub fn remember(name: &str, value: &str) -> bool {
    let Ok(Some(storage)) = window().local_storage() else { return false };
    let known = storage.get_item(name).ok().flatten();
    known.as_deref() != Some(value) && storage.set_item(name, value).is_ok()
}

/// The elements that `selector` finds in the document.
pub fn elements(selector: &str) -> impl Iterator<Item = HtmlElement> {
    let found: Option<NodeList> = document().query_selector_all(selector).ok();
    let count = found.as_ref().map_or(0, NodeList::length);
    (0..count).filter_map(move |index| found.as_ref()?.item(index)?.dyn_into().ok())
}

/// Whether somebody is writing into a field of the page.
#[must_use]
pub fn is_writing() -> bool {
    elements("input:focus, textarea:focus, select:focus").next().is_some()
}

/// Closes the popover that `event` comes from.
pub fn close_popover(event: &Event) {
    if let Some(popover) = element_around(event, "[popover]") {
        // It fails only if the popover is closed already.
        let _ = popover.hide_popover();
    }
}

/// Closes the popover that the focus leaves: it is not modal, and the focus would go on behind it.
pub fn close_left_popover(event: &FocusEvent) {
    let goes_to = event.related_target().and_then(|target| target.dyn_into::<Node>().ok());
    if goes_to.is_some()
        && element_around(event, "[popover]").is_some_and(|popover| !popover.contains(goes_to.as_ref()))
    {
        close_popover(event);
    }
}

/// The nearest element that `selector` finds from where `event` happened outwards.
#[must_use]
pub fn element_around(event: &Event, selector: &str) -> Option<HtmlElement> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest(selector).ok()??.dyn_into().ok()
}
