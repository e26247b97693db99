//! `GET /keys`
//!
//! What it does: the public keys (scalekit-api §6), the newest first; after a rotation the old ones beside
//! it. Stricter than Scalekit: nowhere. Called by: clients that verify tokens.

use std::sync::Arc;

use axum::{Json, extract::State, response::IntoResponse};

use crate::world::Shared;

/// Answers the key set.
pub(crate) async fn keys(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    Json(shared.world().keys.jwks())
}
