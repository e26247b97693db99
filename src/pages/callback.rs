//! The end of a sign-in. All goes well: the server answers with a redirect and nothing of this page is seen.
//! Otherwise it explains what went wrong and what to do.
//!
//! The browser never calls `exchange_code` again: it finds the outcome in the document.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    api::session::exchange_code,
    components::{
        erase::Erase as _,
        frame::PublicFrame,
        page_data::{load, once_loaded},
        problem::ProblemPage,
    },
};

/// `/auth/callback`
#[component]
pub fn Callback() -> impl IntoView {
    // Raw, as the provider sent it; it holds the authorization code, so it is never shown or logged.
    let query = use_location().search.get_untracked();
    let outcome = load(exchange_code(query));

    view! {
        <PublicFrame title="Sign-in">
            {once_loaded(outcome.into_future(), |outcome| outcome.err().map(|error| view! { <ProblemPage error=error/> }).erase())}
        </PublicFrame>
    }
}
