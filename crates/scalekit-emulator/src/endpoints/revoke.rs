//! `POST /revoke`
//!
//! What it does: RFC 7009. A refresh token takes every refresh token of its login with it; an unknown token
//! is no error; an access token stays valid until it expires, as it is never looked up. Stricter than
//! Scalekit: unknown, only the path is documented (scalekit-api §2). Called by: the app's server.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};

use super::token::{TokenError, authenticate, read_form};
use crate::world::Shared;

/// Revokes a refresh token.
pub(crate) async fn revoke(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut world = shared.world();
    let token = read_form(&headers, &body).and_then(|parameters| {
        authenticate(&headers, &parameters)?;
        parameters.owned("token").ok_or_else(|| TokenError::invalid_request("token is missing"))
    });
    match token {
        Ok(token) => {
            let number = world.refresh_tokens.get(&token).map(|found| found.grant.number);
            if let Some(number) = number {
                world.revoke_grant(number);
            }
            world.counters.count_outcome("revoke.ok");
            StatusCode::OK.into_response()
        }
        Err(error) => {
            world.counters.count_outcome("revoke.refused");
            error.into_response()
        }
    }
}
