//! `GET /sessions/{session_id}`, `GET /users/{user_id}/sessions`, and `POST …/revoke` of both
//!
//! What it does: shows and revokes sessions (scalekit-api §13.2). Revoking one that has ended already changes
//! nothing and shows how it ended; revoking all touches live ones only. Called by: `management`.

use std::sync::Arc;

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use serde_json::{Value, json};

use super::{answer, error::GatewayError, page::Page};
use crate::{
    objects,
    world::{
        Shared, World,
        sessions::{EndReason, Session},
    },
};

/// One session.
pub(super) async fn show(State(shared): State<Arc<Shared>>, Path(sid): Path<String>) -> Response {
    let mut world = shared.world();
    let result = session(&world, &sid).map(|session| objects::session(&world, session));
    answer(&mut world, "session", result)
}

/// Ends one session.
pub(super) async fn revoke(State(shared): State<Arc<Shared>>, Path(sid): Path<String>) -> Response {
    let mut world = shared.world();
    world.end_session(&sid, EndReason::Revoked);
    let result =
        session(&world, &sid).map(|session| json!({ "revoked_session": objects::revoked_session(&world, session) }));
    answer(&mut world, "session_revoked", result)
}

/// A person's sessions, the newest first.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Path(user): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let mut world = shared.world();
    let result = require_user(&world, &user)
        .and_then(|()| Page::parse(&query.unwrap_or_default()))
        .map(|page| page.show(&world, &user));
    answer(&mut world, "sessions", result)
}

/// Ends a person's live sessions.
pub(super) async fn revoke_all(State(shared): State<Arc<Shared>>, Path(user): Path<String>) -> Response {
    let mut world = shared.world();
    let result = require_user(&world, &user).map(|()| {
        let live = world.live_sessions_of(&user);
        for sid in &live {
            world.end_session(sid, EndReason::Revoked);
        }
        let revoked: Vec<Value> = live
            .iter()
            .filter_map(|sid| world.sessions.get(sid))
            .map(|session| objects::revoked_session(&world, session))
            .collect();
        json!({ "total_revoked": revoked.len(), "revoked_sessions": revoked })
    });
    answer(&mut world, "sessions_revoked", result)
}

fn session<'a>(world: &'a World, sid: &str) -> Result<&'a Session, GatewayError> {
    world.sessions.get(sid).ok_or_else(|| GatewayError::not_found(format!("there is no session {sid}")))
}

fn require_user(world: &World, id: &str) -> Result<(), GatewayError> {
    world.directory.user(id).map(|_| ()).ok_or_else(|| GatewayError::not_found(format!("there is no user {id}")))
}
