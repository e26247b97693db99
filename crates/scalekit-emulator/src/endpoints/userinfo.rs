//! `GET /userinfo`
//!
//! What it does: who the access token's person is, as far as the scopes of the session's latest login allow
//! (scalekit-api §6). Stricter than Scalekit: an ID token or a machine's token is refused; the answer is read
//! from the directory now. Called by: clients that want more than the ID token says.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::bearer;
use crate::{
    tokens::{claims, jwt},
    world::{Shared, World},
};

/// Answers the profile, or 401 as RFC 6750 section 3 describes it.
pub(crate) async fn userinfo(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let mut world = shared.world();
    let Some(token) = bearer(&headers) else {
        world.counters.count_outcome("userinfo.no_token");
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    };
    if let Some(answer) = profile(&world, token) {
        world.counters.count_outcome("userinfo.ok");
        return Json(answer).into_response();
    }
    world.counters.count_outcome("userinfo.invalid_token");
    let body = json!({ "error": "invalid_token", "error_description": "the access token is not valid" });
    let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
    (StatusCode::UNAUTHORIZED, challenge, Json(body)).into_response()
}

fn profile(world: &World, token: &str) -> Option<Value> {
    let claims = jwt::read_own(&world.keys, token)?;
    // Only access tokens have a `jti` (scalekit-api §8).
    let is_access_token = claims.get("jti")?.as_str()?.starts_with("tkn_");
    if !is_access_token || claims.get("exp")?.as_i64()? <= world.now() {
        return None;
    }
    let user = world.directory.user(claims.get("sub")?.as_str()?)?;
    let scope = &world.sessions.get(claims.get("sid")?.as_str()?)?.scope;
    let mut answer = claims::profile(user, scope, &world.base_url);
    answer.insert("sub".into(), json!(user.id));
    Some(Value::Object(answer))
}
