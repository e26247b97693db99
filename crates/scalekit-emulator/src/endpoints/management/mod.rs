//! `/api/v1`
//!
//! What it does: sessions, and the deletion of people and memberships (scalekit-api §13). Errors have the
//! shape of Scalekit's gateway (§13.1). Stricter than Scalekit: query parameters it does not know are
//! refused, `page_size` above 100 too. Called by: the app's server, with a token of the grant
//! `client_credentials`.

mod error;
mod page;
mod sessions;
mod users;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use serde_json::{Map, Value, json};

use super::bearer;
use crate::{
    tokens::jwt,
    world::{CLIENT_ID, Shared, World},
};
use error::GatewayError;

/// The routes below `/api/v1`.
pub(crate) fn routes(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/sessions/{session_id}", get(sessions::show))
        .route("/sessions/{session_id}/revoke", post(sessions::revoke))
        .route("/users/{user_id}/sessions", get(sessions::list))
        .route("/users/{user_id}/sessions/revoke", post(sessions::revoke_all))
        .route("/users/{user_id}", delete(users::delete_user))
        .route("/memberships/organizations/{organization}/users/{user_id}", delete(users::delete_membership))
        .fallback(unknown_path)
        .with_state(Arc::clone(shared))
        .layer(middleware::from_fn_with_state(Arc::clone(shared), require_machine))
}

/// Lets the application's own access token through and nothing else.
async fn require_machine(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let refusal = {
        let mut world = shared.world();
        let admitted = admit(&world, bearer(request.headers()));
        admitted.err().map(|refusal| refusal.answer(&mut world))
    };
    match refusal {
        Some(answer) => answer,
        None => next.run(request).await,
    }
}

fn admit(world: &World, token: Option<&str>) -> Result<(), GatewayError> {
    let token = token.ok_or_else(|| GatewayError::unauthenticated("Token empty"))?;
    let claims = jwt::read_own(&world.keys, token).filter(|claims| is_machines(claims, world));
    if claims.is_none() {
        return Err(GatewayError::unauthenticated("Token invalid"));
    }
    if !world.settings.management_api {
        return Err(GatewayError::forbidden("the management API is switched off for this environment"));
    }
    Ok(())
}

/// An access token (`tkn_…`) whose subject is the client itself: not a person's, no ID token, no logout
/// token.
fn is_machines(claims: &Map<String, Value>, world: &World) -> bool {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    text("jti").starts_with("tkn_")
        && world.is_own_issuer(claims.get("iss"))
        && text("sub") == CLIENT_ID
        && claims.get("exp").and_then(Value::as_i64).is_some_and(|exp| world.now() < exp)
}

async fn unknown_path(State(shared): State<Arc<Shared>>) -> Response {
    GatewayError::not_found("the emulator has no such call").answer(&mut shared.world())
}

/// The outcome, counted, as an answer.
fn answer(world: &mut World, outcome: &str, result: Result<Value, GatewayError>) -> Response {
    match result {
        Ok(body) => {
            world.counters.count_outcome(format!("management.{outcome}"));
            axum::Json(body).into_response()
        }
        Err(error) => error.answer(world),
    }
}

/// `{}`
fn empty() -> Value {
    json!({})
}
