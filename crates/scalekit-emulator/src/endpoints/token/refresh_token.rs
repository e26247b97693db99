//! `grant_type=refresh_token`
//!
//! What it does: spends a refresh token and answers with new tokens whose roles and permissions are the
//! directory's of now (scalekit-api §8.2 and §9). Whether an ID token comes with them is a setting; sources
//! disagree. Stricter than Scalekit: no grace for the token that was just rotated. Called by: `token`.

use serde_json::{Map, Value, json};

use super::{AuthenticatedClient, TokenError, expires_in, required};
use crate::{
    parameters::Parameters,
    tokens::{self, IdToken},
    world::World,
};

/// The members of the answer.
pub(super) fn refresh(
    _: &AuthenticatedClient,
    world: &mut World,
    parameters: &Parameters,
) -> Result<Map<String, Value>, TokenError> {
    let old = required(parameters, "refresh_token")?;
    let grant = world.redeem_refresh_token(old)?;
    let kind = if world.settings.id_token_on_refresh { IdToken::Refreshed } else { IdToken::None };
    let tokens = tokens::issue(world, &grant, kind)?;

    let mut members = Map::new();
    members.insert("access_token".into(), json!(tokens.access_token));
    members.insert("token_type".into(), json!("Bearer"));
    members.insert("expires_in".into(), json!(expires_in(world.settings.access_token_lifetime)));
    members.insert("scope".into(), json!(grant.scope.join(" ")));
    if let Some(id_token) = tokens.id_token {
        members.insert("id_token".into(), json!(id_token));
    }
    let refresh_token =
        if world.settings.rotate_refresh_tokens { world.issue_refresh_token(grant) } else { old.to_owned() };
    members.insert("refresh_token".into(), json!(refresh_token));
    Ok(members)
}
