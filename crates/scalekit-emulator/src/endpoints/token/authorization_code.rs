//! `grant_type=authorization_code`
//!
//! What it does: exchanges a code for tokens (scalekit-api §5). A refresh token comes only with
//! `offline_access`. Stricter than Scalekit: see `world::grants`. Called by: `token`; `Control::login`, which
//! answers the same without a code.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{AuthenticatedClient, TokenError, expires_in, required};
use crate::{
    parameters::Parameters,
    tokens::{self, IdToken, keys::SigningFailed},
    world::{World, grants::Grant},
};

/// What the token endpoint answers to an authorization code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoginTokens {
    /// The access token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: u64,
    /// The ID token.
    pub id_token: String,
    /// The scopes, separated by spaces.
    pub scope: String,
    /// Only with the scope `offline_access`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

/// The members of the answer.
pub(super) fn exchange(
    _: &AuthenticatedClient,
    world: &mut World,
    parameters: &Parameters,
) -> Result<Map<String, Value>, TokenError> {
    let name = required(parameters, "code")?;
    let redirect_uri = required(parameters, "redirect_uri")?;
    let code = world.redeem_code(name, redirect_uri, parameters.value("code_verifier"))?;
    let tokens = issue(world, code.grant, code.nonce.as_deref(), name)?;
    match json!(tokens) {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}

/// The tokens of a login. The ID token is bound to the code.
pub(crate) fn issue(
    world: &mut World,
    grant: Grant,
    nonce: Option<&str>,
    code: &str,
) -> Result<LoginTokens, SigningFailed> {
    let tokens = tokens::issue(world, &grant, IdToken::AtLogin { nonce, code })?;
    Ok(LoginTokens {
        access_token: tokens.access_token,
        token_type: "Bearer",
        expires_in: expires_in(world.settings.access_token_lifetime),
        id_token: tokens.id_token.unwrap_or_default(),
        scope: grant.scope.join(" "),
        refresh_token: grant
            .scope
            .iter()
            .any(|name| name == "offline_access")
            .then(|| world.issue_refresh_token(grant)),
    })
}
