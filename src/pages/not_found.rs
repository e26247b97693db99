//! Shown by the router for an address that has no page, after client-side navigation. The server's own answer
//! is `documents::error`, with the same content.

use leptos::prelude::*;

use crate::{
    components::{erase::Erase as _, frame::PublicFrame, problem::ProblemPage},
    error::AppError,
};

/// The router's fallback.
#[component]
pub fn NotFound() -> impl IntoView {
    let content = view! {
            <ProblemPage error=AppError::NotFound/>
    }
    .erase();
    view! {
        <PublicFrame title="Not found">{content}</PublicFrame>
    }
}
