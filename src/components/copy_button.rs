//! Copies an identifier; `public/page.js` does it. Hidden by CSS where scripts are off.

use leptos::prelude::*;

/// A button that copies `value` and says so to eyes and ears alike.
#[component]
pub fn CopyButton(
    /// What is copied.
    value: String,
    /// Says what it is, such as `Copy user id`.
    label: &'static str,
) -> impl IntoView {
    view! {
        <button type="button" class="copy icon-button needs-scripts" data-copy=value aria-label=label>
            <span class="copy-before">
                <svg class="icon" aria-hidden="true"><use href="#icon-copy"></use></svg>
            </span>
            <span class="copy-after">
                <svg class="icon" aria-hidden="true"><use href="#icon-check"></use></svg>
            </span>
        </button>
        <span class="copy-message" role="status"></span>
    }
}
