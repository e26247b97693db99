//! Switches between the light and the dark scheme. `public/page.js` does the work, so that it works before
//! the WASM arrives and on pages without any; it also hides this button, through CSS, where scripts are off.

use leptos::prelude::*;

/// An icon button; which of its icons shows is decided in CSS.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    view! {
        <button type="button" class="icon-button needs-scripts" data-theme-switch aria-label="Switch between light and dark">
            <span class="when-light">
                <svg class="icon" aria-hidden="true"><use href="#icon-moon"></use></svg>
            </span>
            <span class="when-dark">
                <svg class="icon" aria-hidden="true"><use href="#icon-sun"></use></svg>
            </span>
        </button>
    }
}
