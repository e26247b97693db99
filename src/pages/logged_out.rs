//! After sign-out, or just opened. Tells the other tabs in any case: they ask the server themselves.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::components::{
    erase::Erase as _,
    frame::PublicFrame,
    links::query_value,
    session::{
        Session,
        tabs::{News, tell},
    },
};

/// `/logged-out`
#[component]
pub fn LoggedOut() -> impl IntoView {
    Effect::new(|_| tell(News::SignedOut));

    // The server lets no other `state` through than that of a sign-out of this browser.
    let is_confirmed = query_value(&use_location().search.get_untracked(), "state").is_some();
    let is_signed_in = matches!(expect_context::<Session>().current(), Ok(Some(_)));
    let (heading, text, label, address) = match (is_confirmed, is_signed_in) {
        (true, _) => (
            SIGNED_OUT,
            "Your session has been ended here and at the sign-in service. On a shared computer, close the browser too.",
            SIGN_IN,
            "/login",
        ),
        (false, false) => (SIGNED_OUT, "There is no session of yours here any more.", SIGN_IN, "/login"),
        (false, true) => ("You are still signed in", "Your session here goes on.", "Dashboard", "/dashboard"),
    };
    let content = view! {
            <section class="card narrow centered">
                <span class="badge success">
                    <svg class="icon" aria-hidden="true"><use href="#icon-check"></use></svg>
                </span>
                <h1>{heading}</h1>
                <p>{text}</p>
                <p class="actions">
                    <a class="button primary" href=address>
                        {label}
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

const SIGNED_OUT: &str = "You are signed out";
const SIGN_IN: &str = "Sign in again";
