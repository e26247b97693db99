//! What the dashboard shows beside the session. Teams replace this file first.

use crate::{
    api::dashboard::{DashboardView, GrantView, LoadDashboard, NextStep},
    error::AppError,
    server::{request::RequestContext, state::AppState},
};

/// Body of `load_dashboard`.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a session.
pub fn load_dashboard() -> Result<DashboardView, AppError> {
    let request = RequestContext::of::<LoadDashboard>()?;
    let session = request.session()?;
    Ok(DashboardView {
        roles: session
            .roles
            .iter()
            .map(|name| GrantView { name: name.clone(), explanation: explain_role(name) })
            .collect(),
        permissions: session
            .permissions
            .iter()
            .map(|name| GrantView { name: name.clone(), explanation: explain_permission(name) })
            .collect(),
        next_steps: next_steps(&request.state),
    })
}

/// Scalekit's two built-in roles in words; a team's own roles are explained by their name.
fn explain_role(name: &str) -> String {
    match name {
        "admin" => "Manages the organization: people, roles and sign-in settings.".to_owned(),
        "member" => "Uses the product as part of the organization.".to_owned(),
        other => format!("Your team's role “{}”.", other.replace('_', " ")),
    }
}

/// Permission names follow `resource:action`; Scalekit's own begin with `sk_`.
fn explain_permission(name: &str) -> String {
    match name.split_once(':') {
        Some((resource, action)) => format!("May {} {}.", action.replace('_', " "), resource.replace('_', " ")),
        None => format!("May use “{}”.", name.trim_start_matches("sk_").replace('_', " ")),
    }
}

/// What is left to make the template one's own; ticked by looking at the settings of this very process.
fn next_steps(state: &AppState) -> Vec<NextStep> {
    let step = |title: &str, detail: &str, done| NextStep { title: title.to_owned(), detail: detail.to_owned(), done };
    vec![
        step("Sign in for the first time", "You are here, so this works.", true),
        step(
            "Connect your Scalekit environment",
            "Set SCALEKIT_ENVIRONMENT_URL, SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET; until then an emulator stands in.",
            !state.emulated,
        ),
        step(
            "Serve it over https",
            "Set APP_URL to the public address; cookies become Secure and host-bound by themselves.",
            state.settings.secure_cookies(),
        ),
        step(
            "Keep sessions across restarts",
            "SESSION_STORE names a store that outlives the process.",
            state.settings.store.outlives_the_process(),
        ),
        step(
            "Turn this page into your product",
            "src/pages/dashboard.rs is the view, src/server/views/dashboard.rs fills it.",
            false,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_explained_in_plain_words() {
        assert_eq!(explain_permission("projects:read"), "May read projects.");
        assert_eq!(explain_permission("sk_org_users_invite"), "May use “org users invite”.");
        assert_eq!(explain_role("billing_manager"), "Your team's role “billing manager”.");
    }
}
