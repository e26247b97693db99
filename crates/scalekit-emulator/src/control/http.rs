//! The control interface over HTTP: what `Control` does, as JSON under `/__emulator`.
//!
//! What for: browser tests and people with `curl`. The table is in the crate's README. Not here: the orders
//! themselves (`Control`). Bodies must be `application/json`, which no form of a foreign page can send
//! without asking first. Called by: `router`.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Control, SettingsChange, events_http};
use crate::{
    orders::{Fault, Replacement, Tamper},
    world::Shared,
};

/// The routes below `/__emulator`.
pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/health", get(|| async { Json(json!({ "status": "ok" })) }))
        .route("/state", get(state))
        .route("/counters/reset", post(reset_counters))
        .route("/settings", get(settings).post(change_settings))
        .route("/faults", post(add_fault).delete(clear_faults))
        .route("/keys/rotate", post(rotate_keys))
        .route("/sessions", get(sessions))
        .route("/sessions/{sid}/end", post(end_session))
        .route("/users", get(users))
        .route("/users/{id}/roles", post(set_roles))
        .route("/clock/advance", post(advance_clock))
        .route("/tamper", post(tamper).delete(clear_tamper))
        .route("/token-response", post(change_token_response).delete(clear_token_response))
        .route("/replacements", post(replace_answer).delete(clear_replacements))
        .route("/reset", post(reset))
        .route("/app-urls", post(register_app_url))
        .merge(events_http::routes())
        .with_state(Control::new(shared))
}

async fn state(State(control): State<Control>) -> Response {
    Json(control.state()).into_response()
}

async fn reset_counters(State(control): State<Control>, _: Json<Empty>) -> StatusCode {
    control.reset_counters();
    StatusCode::NO_CONTENT
}

async fn settings(State(control): State<Control>) -> Response {
    Json(control.settings()).into_response()
}

async fn change_settings(State(control): State<Control>, Json(change): Json<SettingsChange>) -> Response {
    Json(control.change_settings(change)).into_response()
}

async fn add_fault(State(control): State<Control>, Json(fault): Json<Fault>) -> Response {
    if is_no_status(fault.status) {
        return refuse(NO_STATUS);
    }
    control.add_fault(fault);
    StatusCode::NO_CONTENT.into_response()
}

async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.clear_faults();
    StatusCode::NO_CONTENT
}

async fn rotate_keys(State(control): State<Control>, Json(order): Json<Rotate>) -> Response {
    // Drawing a key keeps a processor busy; other requests go on meanwhile.
    match tokio::task::spawn_blocking(move || control.rotate_keys(order.keep_old)).await {
        Ok(Ok(kid)) => Json(json!({ "kid": kid })).into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn sessions(State(control): State<Control>) -> Response {
    Json(control.sessions()).into_response()
}

async fn end_session(State(control): State<Control>, Path(sid): Path<String>, _: Json<Empty>) -> Response {
    Json(json!({ "ended": control.end_session(&sid) })).into_response()
}

async fn users(State(control): State<Control>) -> Response {
    let world = control.shared.world();
    let users =
        world.directory.users.iter().map(
            |user| json!({ "id": user.id, "email": user.email, "name": user.name, "memberships": user.memberships }),
        );
    Json(users.collect::<Vec<_>>()).into_response()
}

async fn set_roles(State(control): State<Control>, Path(id): Path<String>, Json(order): Json<Roles>) -> Response {
    let roles: Vec<&str> = order.roles.iter().map(String::as_str).collect();
    match control.set_roles(&id, &order.organization, &roles) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(unknown) => (StatusCode::NOT_FOUND, Json(json!({ "message": unknown.to_string() }))).into_response(),
    }
}

async fn advance_clock(State(control): State<Control>, Json(order): Json<Advance>) -> Response {
    Json(json!({ "now": control.advance_clock(order.seconds) })).into_response()
}

async fn tamper(State(control): State<Control>, Json(order): Json<Tamper>) -> StatusCode {
    control.tamper(order);
    StatusCode::NO_CONTENT
}

async fn clear_tamper(State(control): State<Control>) -> StatusCode {
    control.clear_tamper();
    StatusCode::NO_CONTENT
}

async fn change_token_response(State(control): State<Control>, Json(order): Json<ResponseChange>) -> StatusCode {
    control.change_token_response(order.set, order.times);
    StatusCode::NO_CONTENT
}

async fn clear_token_response(State(control): State<Control>) -> StatusCode {
    control.clear_token_response();
    StatusCode::NO_CONTENT
}

async fn replace_answer(State(control): State<Control>, Json(order): Json<Replacement>) -> Response {
    if is_no_status(order.status) {
        return refuse(NO_STATUS);
    }
    control.replace_answer(order);
    StatusCode::NO_CONTENT.into_response()
}

async fn clear_replacements(State(control): State<Control>) -> StatusCode {
    control.clear_replacements();
    StatusCode::NO_CONTENT
}

async fn reset(State(control): State<Control>, _: Json<Empty>) -> StatusCode {
    control.reset();
    StatusCode::NO_CONTENT
}

async fn register_app_url(State(control): State<Control>, Json(order): Json<NewAppUrl>) -> Response {
    match control.register_app_url(&order.url) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refuse(&error.to_string()),
    }
}

const NO_STATUS: &str = "status is not between 200 and 599";

fn is_no_status(status: Option<u16>) -> bool {
    status.is_some_and(|status| !(200..=599).contains(&status))
}

fn refuse(message: &str) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "message": message }))).into_response()
}

/// `{}`: an order without details.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotate {
    keep_old: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    organization: String,
    roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseChange {
    set: Map<String, Value>,
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAppUrl {
    url: String,
}
