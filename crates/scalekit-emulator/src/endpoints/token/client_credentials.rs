//! `grant_type=client_credentials`
//!
//! What it does: an access token for the application itself, for the management API (scalekit-api §5 and
//! §8.3). Stricter than Scalekit: nowhere known. Called by: `token`.

use serde_json::{Map, Value, json};

use super::{AuthenticatedClient, TokenError, expires_in};
use crate::{
    parameters::Parameters,
    tokens::{self, claims::MACHINE_TOKEN_LIFETIME},
    world::World,
};

/// The members of the answer.
pub(super) fn issue(
    _: &AuthenticatedClient,
    world: &mut World,
    parameters: &Parameters,
) -> Result<Map<String, Value>, TokenError> {
    // RFC 6749, section 5.2. How Scalekit refuses it is not documented.
    if !world.settings.client_credentials {
        return Err(TokenError::new(
            "unauthorized_client",
            "this application may not use the grant client_credentials",
        ));
    }
    let scope = parameters.value("scope").unwrap_or("openid");
    let access_token = tokens::issue_for_machine(world, scope)?;

    let mut members = Map::new();
    members.insert("access_token".into(), json!(access_token));
    members.insert("token_type".into(), json!("Bearer"));
    members.insert("expires_in".into(), json!(expires_in(MACHINE_TOKEN_LIFETIME)));
    members.insert("scope".into(), json!(scope));
    Ok(members)
}
