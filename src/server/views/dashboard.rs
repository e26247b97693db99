//! What the dashboard shows beside the session. Teams replace this file first.

use scalekit_sessions::Session;

use crate::server::state::AppState;

/// The dashboard's own content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DashboardView {
    pub roles: Vec<GrantView>,
    pub permissions: Vec<GrantView>,
    /// What is left to do to make the template one's own product.
    pub next_steps: Vec<NextStep>,
}

/// A role or permission with what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantView {
    /// Its name in the token, such as `projects:read`.
    pub name: String,
    /// What it means in plain words.
    pub explanation: String,
}

/// One item of the "make it yours" list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// What to do.
    pub title: &'static str,
    /// How to do it, in a sentence.
    pub detail: &'static str,
    /// Whether the process's actual settings show that it is done.
    pub done: bool,
}

/// What the dashboard shows of a session.
#[must_use]
pub fn dashboard_of(state: &AppState, session: &Session) -> DashboardView {
    let explained = |names: &[String], explain: fn(&str) -> String| {
        names.iter().map(|name| GrantView { name: name.clone(), explanation: explain(name) }).collect()
    };
    DashboardView {
        roles: explained(&session.roles, explain_role),
        permissions: explained(&session.permissions, explain_permission),
        next_steps: next_steps(state),
    }
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
    let step = |title, detail, done| NextStep { title, detail, done };
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
