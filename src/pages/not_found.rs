//! Shown by the router for an address that has no page, after client-side navigation. The server's own answer is
//! `app::error_document`, with the same content.

use leptos::prelude::*;

use crate::{
    components::{frame::PublicFrame, problem::ProblemPage},
    error::AppError,
};

/// The router's fallback.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <PublicFrame title="Not found">
            <ProblemPage error=AppError::NotFound/>
        </PublicFrame>
    }
}
