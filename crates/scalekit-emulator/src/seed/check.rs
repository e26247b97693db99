//! What makes a seed consistent.
//!
//! What for: a bad seed is refused at start, with every problem in one message, instead of surprising someone
//! later with a token nobody can explain. Not here: reading the file (`seed`). Called by: `Seed::from_toml`.

use std::collections::BTreeSet;

use crate::directory::{Directory, Environment, Organization, Role, User, looks_like_email};

/// One sentence a problem; empty for a good seed.
pub(crate) fn problems(directory: &Directory) -> Vec<String> {
    let mut problems = Vec::new();
    environment(&directory.environment, &directory.roles, &mut problems);
    for role in &directory.roles {
        check_role(role, &mut problems);
    }
    for organization in &directory.organizations {
        check_organization(organization, &mut problems);
    }
    for user in &directory.users {
        check_user(user, directory, &mut problems);
    }
    duplicates("role", directory.roles.iter().map(|role| role.name.clone()), &mut problems);
    let ids = directory.organizations.iter().map(|organization| &organization.id);
    duplicates("id", ids.chain(directory.users.iter().map(|user| &user.id)).cloned(), &mut problems);
    duplicates("e-mail address", directory.users.iter().map(|user| user.email.to_lowercase()), &mut problems);
    let domains = directory.organizations.iter().flat_map(|organization| organization.domains.iter());
    duplicates("domain", domains.map(|domain| domain.to_lowercase()), &mut problems);
    let connections = directory.organizations.iter().filter_map(|organization| organization.sso_connection.clone());
    duplicates("connection", connections, &mut problems);
    problems
}

/// Names that no configured claim may have (scalekit-api §8.2).
const RESERVED: [&str; 13] =
    ["sub", "iss", "aud", "exp", "iat", "nbf", "jti", "oid", "sid", "xoid", "xuid", "roles", "permissions"];

fn environment(environment: &Environment, roles: &[Role], problems: &mut Vec<String>) {
    for (field, name) in [
        ("default_creator_role", &environment.default_creator_role),
        ("default_member_role", &environment.default_member_role),
    ] {
        if roles.iter().all(|role| role.name != *name) {
            problems.push(format!("{field} is `{name}`, which is no role of this seed"));
        }
    }
    for (field, seconds) in [
        ("access_token_lifetime", environment.access_token_lifetime),
        ("id_token_lifetime", environment.id_token_lifetime),
        ("session_absolute_lifetime", environment.session_absolute_lifetime),
        ("session_idle_lifetime", environment.session_idle_lifetime),
    ] {
        if !(1..=366 * 24 * 3600).contains(&seconds) {
            problems.push(format!("{field} is {seconds} seconds; between one second and a year is possible"));
        }
    }
    if let Some(name) = environment.organization_name_claim.as_deref().filter(|name| RESERVED.contains(name)) {
        problems.push(format!("organization_name_claim is `{name}`, which is reserved"));
    }
}

fn check_role(role: &Role, problems: &mut Vec<String>) {
    // scalekit-api §13.5: alphanumeric and underscore; permissions are `resource:action`, Scalekit's own
    // `sk_…`.
    if role.name.is_empty() || !role.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        problems.push(format!("role `{}`: a name has letters, digits and underscores only", role.name));
    }
    for permission in &role.permissions {
        let well_formed = permission.split_once(':').is_some_and(|(resource, action)| {
            !resource.is_empty() && !action.is_empty() && !permission.contains(char::is_whitespace)
        });
        if !well_formed && !permission.starts_with("sk_") {
            problems.push(format!("role `{}`: permission `{permission}` is not `resource:action`", role.name));
        }
    }
}

fn check_organization(organization: &Organization, problems: &mut Vec<String>) {
    check_id("organization", "org", &organization.id, problems);
    if let Some(connection) = &organization.sso_connection {
        check_id("connection", "conn", connection, problems);
    }
    for domain in &organization.domains {
        if domain.is_empty() || !domain.contains('.') || domain.contains(['@', '/', ' ']) {
            problems.push(format!("organization {}: `{domain}` is no domain", organization.id));
        }
    }
}

fn check_user(user: &User, directory: &Directory, problems: &mut Vec<String>) {
    check_id("user", "usr", &user.id, problems);
    if !looks_like_email(&user.email) {
        problems.push(format!("user {}: `{}` is no e-mail address", user.id, user.email));
    }
    if user.memberships.is_empty() {
        // Every token names an organization (scalekit-api §8: `oid` always).
        problems.push(format!("user {} belongs to no organization", user.id));
    }
    for membership in &user.memberships {
        if directory.organization(&membership.organization).is_none() {
            problems.push(format!("user {}: `{}` is no organization of this seed", user.id, membership.organization));
        }
        for name in &membership.roles {
            if directory.roles.iter().all(|role| role.name != *name) {
                problems.push(format!("user {}: `{name}` is no role of this seed", user.id));
            }
        }
    }
}

/// A prefix, `_`, and 15 to 21 digits: the lengths the REST contract allows for `usr_` (scalekit-api §1).
fn check_id(what: &str, prefix: &str, id: &str, problems: &mut Vec<String>) {
    let digits = id.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).unwrap_or_default();
    if !(15..=21).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        problems.push(format!("{what} id `{id}` is not `{prefix}_` and 15 to 21 digits"));
    }
}

fn duplicates(what: &str, values: impl Iterator<Item = String>, problems: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for value in values {
        if seen.contains(&value) {
            problems.push(format!("{what} {value} is used twice"));
        }
        seen.insert(value);
    }
}
