//! After sign-out. Tells the other tabs, whatever way led here.

use leptos::prelude::*;

use crate::components::{
    erase::Erase as _,
    frame::PublicFrame,
    session::tabs::{News, tell},
};

/// `/logged-out`
#[component]
pub fn LoggedOut() -> impl IntoView {
    Effect::new(|_| tell(News::SignedOut));

    let content = view! {
            <section class="card narrow centered">
                <span class="badge success">
                    <svg class="icon" aria-hidden="true"><use href="#icon-check"></use></svg>
                </span>
                <h1>"You are signed out"</h1>
                <p>"Your session has been ended here and at the sign-in service. On a shared computer, close the browser too."</p>
                <p class="actions">
                    <a class="button primary" href="/login">
                        "Sign in again"
                    </a>
                    <a class="button" href="/">
                        "Start page"
                    </a>
                </p>
            </section>
    }
    .erase();
    view! {
        <PublicFrame title="Signed out">{content}</PublicFrame>
    }
}
