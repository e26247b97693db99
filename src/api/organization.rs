//! What an administrator may have of their organization.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::session::OrganizationView;
use crate::error::AppError;

/// All that this application keeps about an organization: it stands only in its people's sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationExport {
    /// The organization, as the caller's verified token describes it.
    pub organization: OrganizationView,
    /// When that token was issued; Unix seconds.
    pub learned_at: i64,
    /// When the caller's session ends at the latest, and is deleted; Unix seconds.
    pub kept_until: i64,
}

/// What is kept about the caller's organization, for administrators who are asked. For scripts, not pages.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a session, [`AppError::Forbidden`] without its rule's permission.
#[server(endpoint = "export_organization")]
pub async fn export_organization() -> Result<OrganizationExport, AppError> {
    crate::server::views::organization::export_organization()
}
