//! Step: one click.
//!
//! What it does: signs in a person of the directory without a code. Scalekit has no such thing.
//! Called by: the list of people on the e-mail step.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{finish, notice, open_form, session_cookie};
use crate::world::{Shared, transactions::Authenticated};

/// Takes the person.
pub(super) async fn submit(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut world = shared.world();
    let (transaction, fields) = match open_form(&world, &id, &body) {
        Ok(both) => both,
        Err(answer) => return *answer,
    };
    let user = fields.value("user").and_then(|user| world.directory.user(user)).map(|user| user.id.clone());
    let Some(user) = user else {
        return notice::refused(StatusCode::UNPROCESSABLE_ENTITY, "This person is not in the directory.", &[]);
    };
    let cookie = session_cookie::read(&headers);
    finish::finish(&mut world, &transaction, cookie.as_deref(), Authenticated { user, connection: None })
}
