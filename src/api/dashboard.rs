//! What the dashboard adds to the session: roles and permissions in plain words, the template's next steps.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// The dashboard's own content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DashboardView {
    pub roles: Vec<GrantView>,
    pub permissions: Vec<GrantView>,
    /// What is left to do to make the template one's own product.
    pub next_steps: Vec<NextStep>,
}

/// A role or permission with what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantView {
    /// Its name in the token, such as `projects:read`.
    pub name: String,
    /// What it means in plain words.
    pub explanation: String,
}

/// One item of the "make it yours" list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// What to do.
    pub title: String,
    /// How to do it, in a sentence.
    pub detail: String,
    /// Whether the process's actual settings show that it is done.
    pub done: bool,
}

/// Fills the dashboard. Needs a session.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a session.
#[server(endpoint = "load_dashboard")]
pub async fn load_dashboard() -> Result<DashboardView, AppError> {
    crate::server::views::dashboard::load_dashboard()
}
