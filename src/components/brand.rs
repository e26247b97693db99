//! The product's mark and name. Change both here, the colours in `style/tokens.css`, the icon in `public/favicon.svg`.

use leptos::prelude::*;

/// The name that titles, header and footer show.
pub const PRODUCT_NAME: &str = "leptos-scalekit";

/// Mark and name as a link to the landing page.
#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <a class="brand" href="/">
            <Mark/>
            <span class="brand-name">{PRODUCT_NAME}</span>
        </a>
    }
}

/// The mark alone: a door left open, in the accent colour.
#[component]
pub fn Mark() -> impl IntoView {
    view! { <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" inner_html=MARK></svg> }
}

const MARK: &str = concat!(
    r#"<rect width="32" height="32" rx="9" class="mark-ground"/>"#,
    r#"<path class="mark-line" d="M11 24V9.5A1.5 1.5 0 0 1 12.5 8H21a1 1 0 0 1 1 1v15"/>"#,
    r#"<path class="mark-door" d="M11 9.2 17.2 11a1 1 0 0 1 .8 1v11a1 1 0 0 1-.8 1L11 25.6Z"/>"#,
);

/// The title of a page's browser tab.
#[must_use]
pub fn document_title(page: &str) -> String {
    [page, " · ", PRODUCT_NAME].concat()
}
