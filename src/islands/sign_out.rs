//! The sign-out form: a plain post, so that it works without scripts and leaves the page and its memory. The
//! mark lets scripts notice (`SIGN_OUT_FORM`).

use leptos::prelude::*;

use crate::access::function;

/// A button that ends the session here and at the provider.
#[component]
pub fn SignOut(
    /// The button's class: it stands in a menu, or alone.
    #[prop(default = "menu-item")]
    class: &'static str,
) -> impl IntoView {
    view! {
        <form method="post" action=function!("logout") data-sign-out>
            <button type="submit" class=class>
                <svg class="icon" aria-hidden="true"><use href="#icon-sign-out"></use></svg>
                "Sign out"
            </button>
        </form>
    }
}
