//! `GET /.well-known/openid-configuration`
//!
//! What it does: names the endpoints and abilities of this environment (OpenID Connect Discovery 1.0,
//! scalekit-api §6). Stricter than Scalekit: nowhere; it lists what the emulator really supports. Called by:
//! clients that configure themselves.

use std::sync::Arc;

use axum::{Json, extract::State, response::IntoResponse};
use serde_json::json;

use crate::world::Shared;

/// Answers the document.
pub(crate) async fn discovery(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    Json(json!({
        "issuer": shared.world().settings.issuer,
        "authorization_endpoint": shared.url("/oauth/authorize"),
        "token_endpoint": shared.url("/oauth/token"),
        "userinfo_endpoint": shared.url("/userinfo"),
        "jwks_uri": shared.url("/keys"),
        "end_session_endpoint": shared.url("/oidc/logout"),
        "revocation_endpoint": shared.url("/revoke"),
        "scopes_supported": super::authorize::SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "create", "select_account"],
        "claims_supported": [
            "iss", "aud", "azp", "sub", "exp", "iat", "sid", "oid", "client_id", "at_hash", "c_hash", "nonce", "amr",
            "xoid", "email", "email_verified", "name", "given_name", "family_name", "picture",
        ],
    }))
}
