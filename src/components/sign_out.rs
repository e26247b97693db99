//! The sign-out form: a plain post, so that it works without scripts and leaves the page and its memory.

use leptos::prelude::*;

use super::session::Watcher;
use crate::access::function;

/// A button that ends the session here and at the provider.
#[component]
pub fn SignOut(
    /// The button's class: it stands in a menu, or alone.
    #[prop(default = "menu-item")]
    class: &'static str,
) -> impl IntoView {
    let watcher = expect_context::<Watcher>();

    view! {
        <form method="post" action=function!("logout") on:submit=move |_| watcher.announce_sign_out()>
            <button type="submit" class=class>
                <svg class="icon" aria-hidden="true"><use href="#icon-sign-out"></use></svg>
                "Sign out"
            </button>
        </form>
    }
}
