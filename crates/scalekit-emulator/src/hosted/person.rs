//! Step: one click.
//!
//! What it does: signs in a person of the directory without a code. Scalekit has no such thing.
//! Called by: the list of people on the e-mail step.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};

use super::finish::{self, Proof};
use crate::world::{Shared, transactions::Authenticated};

/// Takes the person.
pub(super) async fn submit(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    finish::take_form(&shared, &id, &headers, &body, |world, _, fields| {
        let user = fields.value("user").and_then(|user| world.directory.user(user));
        let user = user.ok_or_else(|| Box::new(finish::refuse("This person is not in the directory.")))?;
        Ok(Proof::Person(Authenticated { user: user.id.clone(), connection: None }))
    })
}
