//! The people, organizations and roles of the environment.
//!
//! What for: one place that answers "who is this, and what may they do here". Not here: sessions and tokens
//! (`world`), reading it from a file (`seed`). Called by: hosted pages (who is offered), `tokens::claims`
//! (what is claimed), `control` (changes at run time).

use serde::{Deserialize, Serialize};

/// Everything a seed describes, and what sign-ups add to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Directory {
    pub(crate) environment: Environment,
    pub(crate) roles: Vec<Role>,
    pub(crate) organizations: Vec<Organization>,
    pub(crate) users: Vec<User>,
}

/// Settings of the environment (scalekit-api §4 for the roles, §9 for the lifetimes, all in seconds).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Environment {
    pub(crate) default_creator_role: String,
    pub(crate) default_member_role: String,
    pub(crate) access_token_lifetime: u64,
    pub(crate) id_token_lifetime: u64,
    pub(crate) session_absolute_lifetime: u64,
    pub(crate) session_idle_lifetime: u64,
    /// The claim under which access tokens carry the organization's name, as a team sets it up in the
    /// dashboard under "Token claims" (scalekit-api §8.2); without it they carry none.
    pub(crate) organization_name_claim: Option<String>,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            default_creator_role: "admin".into(),
            default_member_role: "member".into(),
            access_token_lifetime: 300,
            id_token_lifetime: 1800,
            session_absolute_lifetime: 30 * 24 * 3600,
            session_idle_lifetime: 7 * 24 * 3600,
            organization_name_claim: None,
        }
    }
}

/// A role and what it permits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Role {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) display_name: String,
    #[serde(default)]
    pub(crate) permissions: Vec<String>,
}

/// A customer of the app.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Organization {
    pub(crate) id: String,
    /// Empty until the app fills it in, after a self-service sign-up (scalekit-api §4).
    #[serde(default)]
    pub(crate) display_name: String,
    #[serde(default)]
    pub(crate) external_id: Option<String>,
    #[serde(default)]
    pub(crate) domains: Vec<String>,
    /// `conn_…`: the organization signs in through its own identity provider.
    #[serde(default)]
    pub(crate) sso_connection: Option<String>,
}

impl Organization {
    /// What to call it on a page.
    pub(crate) fn label(&self) -> &str {
        if self.display_name.is_empty() { "Unnamed organization" } else { &self.display_name }
    }
}

/// A person.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) given_name: Option<String>,
    #[serde(default)]
    pub(crate) family_name: Option<String>,
    #[serde(default)]
    pub(crate) picture: Option<String>,
    #[serde(default)]
    pub(crate) external_id: Option<String>,
    #[serde(default = "yes")]
    pub(crate) email_verified: bool,
    #[serde(default)]
    pub(crate) memberships: Vec<Membership>,
}

fn yes() -> bool {
    true
}

impl User {
    /// What to call them on a page.
    pub(crate) fn label(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }

    /// Where their picture is. A path in the seed is a picture of the emulator's own.
    pub(crate) fn picture_url(&self, base_url: &str) -> Option<String> {
        let picture = self.picture.as_ref()?;
        Some(if picture.starts_with('/') { format!("{base_url}{picture}") } else { picture.clone() })
    }

    /// Their place in one organization, if they have one.
    pub(crate) fn membership(&self, organization: &str) -> Option<&Membership> {
        self.memberships.iter().find(|membership| membership.organization == organization)
    }
}

/// What a person is in an organization.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Membership {
    pub(crate) organization: String,
    #[serde(default)]
    pub(crate) roles: Vec<String>,
}

impl Directory {
    /// The person with this id.
    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The person with this e-mail address; letter case does not matter.
    pub(crate) fn user_by_email(&self, email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.email.eq_ignore_ascii_case(email))
    }

    /// The organization with this id.
    pub(crate) fn organization(&self, id: &str) -> Option<&Organization> {
        self.organizations.iter().find(|organization| organization.id == id)
    }

    /// The organization that signs in through this connection.
    pub(crate) fn organization_by_connection(&self, connection: &str) -> Option<&Organization> {
        self.organizations.iter().find(|organization| organization.sso_connection.as_deref() == Some(connection))
    }

    /// The organization with single sign-on that owns this domain. Exact: subdomains don't match
    /// (scalekit-api §3).
    pub(crate) fn sso_organization_by_domain(&self, domain: &str) -> Option<&Organization> {
        self.organizations.iter().find(|organization| {
            organization.sso_connection.is_some()
                && organization.domains.iter().any(|own| own.eq_ignore_ascii_case(domain))
        })
    }

    /// Whoever belongs to this organization.
    pub(crate) fn members<'a>(&'a self, organization: &'a str) -> impl Iterator<Item = &'a User> {
        self.users.iter().filter(move |user| user.membership(organization).is_some())
    }

    /// The names of all permissions these roles give, sorted, each once.
    pub(crate) fn permissions(&self, roles: &[String]) -> Vec<String> {
        let mut permissions: Vec<String> = self
            .roles
            .iter()
            .filter(|role| roles.contains(&role.name))
            .flat_map(|role| role.permissions.iter().cloned())
            .collect();
        permissions.sort();
        permissions.dedup();
        permissions
    }

    /// What to call these roles on a page.
    pub(crate) fn role_labels(&self, roles: &[String]) -> String {
        let label = |name: &String| {
            let role = self.roles.iter().find(|role| role.name == *name && !role.display_name.is_empty());
            role.map_or_else(|| name.clone(), |role| role.display_name.clone())
        };
        roles.iter().map(label).collect::<Vec<_>>().join(", ")
    }

    /// Gives a person these roles in an organization, which they join if they were no member of it.
    pub(crate) fn set_roles(
        &mut self,
        user: &str,
        organization: &str,
        roles: Vec<String>,
    ) -> Result<(), UnknownInDirectory> {
        if self.organization(organization).is_none() {
            return Err(UnknownInDirectory(format!("organization {organization}")));
        }
        if let Some(unknown) = roles.iter().find(|name| self.roles.iter().all(|role| role.name != **name)) {
            return Err(UnknownInDirectory(format!("role {unknown}")));
        }
        let Some(user) = self.users.iter_mut().find(|candidate| candidate.id == user) else {
            return Err(UnknownInDirectory(format!("user {user}")));
        };
        match user.memberships.iter_mut().find(|membership| membership.organization == organization) {
            Some(membership) => membership.roles = roles,
            None => user.memberships.push(Membership { organization: organization.into(), roles }),
        }
        Ok(())
    }
}

/// One `@` with something on both sides and no white space: enough to catch a typing mistake.
pub(crate) fn looks_like_email(text: &str) -> bool {
    text.len() <= 254
        && !text.contains(char::is_whitespace)
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@') && domain.contains('.')
        })
}

/// A name the environment does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the emulated environment has no {0}")]
pub struct UnknownInDirectory(pub(crate) String);
