//! Brand: change the name here, mark in `icons.rs` and `public/favicon.svg`, colours in `style/tokens.css`.

use leptos::prelude::*;

/// The name that titles, header and footer show.
pub const PRODUCT_NAME: &str = "leptos-scalekit";

/// Mark and name as a link to the landing page.
#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <a class="brand" href="/">
            <svg class="mark" aria-hidden="true">
                <use href="#mark"></use>
            </svg>
            <span class="brand-name">{PRODUCT_NAME}</span>
        </a>
    }
}

/// The title of a page's browser tab.
#[must_use]
pub fn document_title(page: &str) -> String {
    [page, " · ", PRODUCT_NAME].concat()
}
