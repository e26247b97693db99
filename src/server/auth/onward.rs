//! The page between a submitted form and the provider.
//!
//! Browsers hold every redirect that follows a form to the policy's `form-action`. The provider may redirect
//! to any identity provider at once, so a form whose answer redirects would need a policy that allows all of
//! https. This page ends the submission and goes on by itself:
//! docs/decisions/0005-form-action-names-two-origins.md.

use axum::response::{Html, IntoResponse as _, Response};
use leptos::prelude::{Owner, RenderHtml as _};

use crate::{documents::onward::onward_document, server::state::AppState};

/// A document that goes to `address` at once, without scripts too: to the provider, or our own address first.
#[must_use]
pub fn to_provider(state: &AppState, address: String) -> Response {
    let links = state.site_links();
    Html(Owner::new().with(|| onward_document(links, address).to_html())).into_response()
}
