//! What the application knows about the signed-in person: the checked claims behind the profile page.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// One checked claim, ready to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimView {
    /// The claim's name, such as `email_verified`.
    pub name: String,
    /// Its value as text.
    pub value: String,
    /// Which verified token it came from: `ID token` or `Access token`.
    pub source: String,
}

/// Lists the claims that were verified at sign-in or at the last refresh. Needs a session.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a session.
#[server(endpoint = "list_claims")]
pub async fn list_claims() -> Result<Vec<ClaimView>, AppError> {
    crate::server::views::profile::list_claims()
}
