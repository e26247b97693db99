//! The way out.
//!
//! What it does: ends the transaction with `error=access_denied` at the callback (scalekit-api §17).
//! Called by: the button below every step.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::Response,
};

use super::{finish, open};
use crate::world::Shared;

/// Goes back to the app.
pub(super) async fn submit(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let mut world = shared.world();
    match open(&world, &id) {
        Ok(transaction) => finish::deny(&mut world, &transaction, "the person cancelled the sign-in"),
        Err(over) => *over,
    }
}
