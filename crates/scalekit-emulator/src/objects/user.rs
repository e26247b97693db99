//! People and organizations (scalekit-api §13.3 and §13.4).
//!
//! What for: what the webhooks say about who did something, and where.
//! Not here: claims of tokens (`tokens::claims`), which follow other tables.
//! Called by: `notify::events`.

use serde_json::{Map, Value, json};

use super::rfc3339;
use crate::{
    directory::{Directory, Membership, Organization, User},
    world::World,
};

/// A person, as far as the directory knows them. What it does not know is `""`.
pub(crate) fn user(world: &World, user: &User) -> Value {
    let memberships: Vec<Value> =
        user.memberships.iter().map(|membership| self::membership(&world.directory, membership)).collect();
    json!({
        "id": user.id,
        "email": user.email,
        "external_id": user.external_id.as_deref().unwrap_or_default(),
        "create_time": "",
        "update_time": "",
        "last_login_time": world.last_logins.get(&user.id).map_or_else(String::new, |&seconds| rfc3339(seconds)),
        "metadata": {},
        "memberships": memberships,
        "user_profile": {
            "name": user.name,
            "given_name": user.given_name.as_deref().unwrap_or_default(),
            "family_name": user.family_name.as_deref().unwrap_or_default(),
            "email_verified": user.email_verified,
            "picture": user.picture_url(&world.base_url).unwrap_or_default(),
        },
    })
}

fn membership(directory: &Directory, membership: &Membership) -> Value {
    let name = directory.organization(&membership.organization).map(|found| found.display_name.as_str());
    let roles = membership.roles.iter().map(|name| {
        let role = directory.roles.iter().find(|role| role.name == *name);
        json!({ "name": name, "display_name": role.map(|role| role.display_name.as_str()).unwrap_or_default() })
    });
    json!({
        "organization_id": membership.organization,
        "name": name.unwrap_or_default(),
        "display_name": name.unwrap_or_default(),
        "membership_status": "ACTIVE",
        "roles": roles.collect::<Vec<_>>(),
        "permissions": directory.permissions(&membership.roles),
        "metadata": {},
    })
}

/// An organization. What the directory does not know is `""`.
pub(crate) fn organization(organization: &Organization) -> Value {
    json!({
        "id": organization.id,
        "display_name": organization.display_name,
        "external_id": organization.external_id.as_deref().unwrap_or_default(),
        "metadata": Map::new(),
        "region_code": "",
        "create_time": "",
        "update_time": "",
    })
}
