//! `DELETE /users/{user_id}` and `DELETE /memberships/organizations/{organization}/users/{user_id}`
//!
//! What it does: deletes a person, or their place in an organization, and ends the sessions that go with it
//! (scalekit-api §13.3).
//! Called by: `management`.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::Response,
};

use super::{answer, empty};
use crate::world::Shared;

/// Deletes a person.
pub(super) async fn delete_user(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let mut world = shared.world();
    let result = world.delete_user(&id).map(|()| empty()).map_err(Into::into);
    answer(&mut world, "user_deleted", result)
}

/// Deletes a membership.
pub(super) async fn delete_membership(
    State(shared): State<Arc<Shared>>,
    Path((organization, user)): Path<(String, String)>,
) -> Response {
    let mut world = shared.world();
    let result = world.delete_membership(&user, &organization).map(|()| empty()).map_err(Into::into);
    answer(&mut world, "membership_deleted", result)
}
