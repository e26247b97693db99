//! The few calls to the browser that components need, each with its failures settled.
//!
//! Only effects and event handlers may call these: on the server they would panic.

use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, FocusEvent, HtmlElement, Node, VisibilityState};

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

/// Moves the focus to the first element that `selector` finds, if there is any.
pub fn focus(selector: &str) {
    if let Ok(Some(element)) = document().query_selector(selector)
        && let Some(element) = element.dyn_ref::<HtmlElement>()
    {
        // It fails only on an element that can't take the focus.
        let _ = element.focus();
    }
}

/// Closes the popover that `event` comes from.
pub fn close_popover(event: &Event) {
    if let Some(popover) = popover_around(event) {
        // It fails only if the popover is closed already.
        let _ = popover.hide_popover();
    }
}

/// Closes the popover that the focus leaves: it is not modal, and the focus would go on behind it.
pub fn close_left_popover(event: &FocusEvent) {
    let goes_to = event.related_target().and_then(|target| target.dyn_into::<Node>().ok());
    if goes_to.is_some() && popover_around(event).is_some_and(|popover| !popover.contains(goes_to.as_ref())) {
        close_popover(event);
    }
}

fn popover_around(event: &Event) -> Option<HtmlElement> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest("[popover]").ok()??.dyn_into().ok()
}

/// Puts `text` on the clipboard.
///
/// # Errors
/// Whatever the browser says, such as a refused permission.
pub async fn copy(text: &str) -> Result<(), JsValue> {
    let navigator = window().navigator();
    // Outside a secure context there is no clipboard, whatever the type says.
    if js_sys::Reflect::get(&navigator, &"clipboard".into())?.is_undefined() {
        return Err(JsValue::UNDEFINED);
    }
    js_sys::futures::JsFuture::from(navigator.clipboard().write_text(text).unchecked_into::<js_sys::Promise>()).await?;
    Ok(())
}
