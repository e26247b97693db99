//! What an administrator may have of their organization.

use crate::{
    api::organization::{ExportOrganization, OrganizationExport},
    error::AppError,
    server::{auth::respond, request::RequestContext},
};

/// Body of `export_organization`.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a session, [`AppError::Forbidden`] without the permission.
pub fn export_organization() -> Result<OrganizationExport, AppError> {
    let request = RequestContext::of::<ExportOrganization>()?;
    let session = request.session()?;
    let view = respond::view(&session, request.state.clock.now());
    Ok(OrganizationExport {
        organization: view.organization,
        learned_at: view.access_issued_at,
        kept_until: view.session_ends_at,
    })
}
