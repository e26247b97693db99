//! `control::events` over HTTP, as JSON under `/__emulator`.
//!
//! What for: browser tests, load tests and people with `curl`. The table is in the crate's README.
//! Not here: the orders themselves (`Control`).
//! Called by: `control::http`.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Control, IdpInitiatedLoginFailed, LoginFailed, LogoutTokenFailed};
use crate::UnknownInDirectory;

/// The routes, below `/__emulator`.
pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/logins", post(login))
        .route("/logout-token", post(logout_token))
        .route("/idp-initiated-login", post(idp_initiated_login))
        .route("/webhooks/sign", post(sign_webhook))
        .route("/webhooks/send", post(send_webhook))
        .route("/deliveries", get(deliveries))
        .route("/users/{id}", delete(delete_user))
        .route("/users/{id}/memberships/{organization}", delete(delete_membership))
}

async fn login(State(control): State<Control>, Json(order): Json<Login>) -> Response {
    match control.login(&order.user, order.organization.as_deref(), &order.scope) {
        Ok(tokens) => Json(tokens).into_response(),
        Err(error @ LoginFailed::Signing) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error),
        Err(error) => refuse(StatusCode::NOT_FOUND, &error),
    }
}

async fn logout_token(State(control): State<Control>, Json(order): Json<EndedSession>) -> Response {
    match control.logout_token(&order.sid) {
        Ok(token) => Json(json!({ "logout_token": token })).into_response(),
        Err(error @ LogoutTokenFailed::UnknownSession(_)) => refuse(StatusCode::NOT_FOUND, &error),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

async fn idp_initiated_login(State(control): State<Control>, Json(order): Json<PortalClick>) -> Response {
    match control.idp_initiated_login(&order.organization, order.login_hint.as_deref()) {
        Ok(token) => Json(json!({ "idp_initiated_login": token })).into_response(),
        Err(error @ IdpInitiatedLoginFailed::NoConnection(_)) => refuse(StatusCode::NOT_FOUND, &error),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

async fn sign_webhook(State(control): State<Control>, Json(order): Json<Event>) -> Response {
    Json(control.webhook(&order.kind, order.data)).into_response()
}

async fn send_webhook(State(control): State<Control>, Json(order): Json<Event>) -> Response {
    Json(json!({ "id": control.send_webhook(&order.kind, order.data) })).into_response()
}

async fn deliveries(State(control): State<Control>) -> Response {
    Json(control.deliveries()).into_response()
}

async fn delete_user(State(control): State<Control>, Path(id): Path<String>) -> Response {
    deleted(control.delete_user(&id))
}

async fn delete_membership(
    State(control): State<Control>,
    Path((id, organization)): Path<(String, String)>,
) -> Response {
    deleted(control.delete_membership(&id, &organization))
}

fn deleted(result: Result<(), UnknownInDirectory>) -> Response {
    match result {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(unknown) => refuse(StatusCode::NOT_FOUND, &unknown),
    }
}

fn refuse(status: StatusCode, error: &dyn std::error::Error) -> Response {
    (status, Json(json!({ "message": error.to_string() }))).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    user: String,
    organization: Option<String>,
    #[serde(default = "every_scope")]
    scope: String,
}

fn every_scope() -> String {
    crate::endpoints::authorize::SCOPES.join(" ")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndedSession {
    sid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PortalClick {
    organization: String,
    login_hint: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    data: Value,
}
