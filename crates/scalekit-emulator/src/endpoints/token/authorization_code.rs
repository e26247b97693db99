//! `grant_type=authorization_code`
//!
//! What it does: exchanges a code for tokens (scalekit-api §5). A refresh token comes only with `offline_access`.
//! Stricter than Scalekit: see `world::grants`.
//! Called by: `token`.

use serde_json::{Map, Value, json};

use super::{AuthenticatedClient, TokenError, expires_in, required};
use crate::{
    parameters::Parameters,
    tokens::{self, IdToken},
    world::{Shared, World},
};

/// The members of the answer.
pub(super) fn exchange(
    _: &AuthenticatedClient,
    world: &mut World,
    shared: &Shared,
    parameters: &Parameters,
) -> Result<Map<String, Value>, TokenError> {
    let name = required(parameters, "code")?;
    let redirect_uri = required(parameters, "redirect_uri")?;
    let code = world.redeem_code(name, redirect_uri, parameters.value("code_verifier"))?;
    let kind = IdToken::AtLogin { nonce: code.nonce.as_deref(), code: name };
    let tokens = tokens::issue(world, &shared.issuer, &code.grant, kind)?;

    let mut members = Map::new();
    members.insert("access_token".into(), json!(tokens.access_token));
    members.insert("token_type".into(), json!("Bearer"));
    members.insert("expires_in".into(), json!(expires_in(world.settings.access_token_lifetime)));
    members.insert("id_token".into(), json!(tokens.id_token));
    members.insert("scope".into(), json!(code.grant.scope.join(" ")));
    if code.grant.scope.iter().any(|name| name == "offline_access") {
        members.insert("refresh_token".into(), json!(world.issue_refresh_token(code.grant)));
    }
    Ok(members)
}
