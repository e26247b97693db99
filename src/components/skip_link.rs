//! The first link of every document: past header and navigation, to its content.

use leptos::prelude::*;

/// Handled by the browser (`rel="external"`): the router would scroll, but not move the focus.
#[component]
pub fn SkipLink() -> impl IntoView {
    view! {
        <a class="skip-link" rel="external" href="#main">
            "Skip to content"
        </a>
    }
}
