//! The session object (scalekit-api §13.2).
//!
//! What for: a session as the management API and the webhooks `user.login` and `user.logout` show it.
//! Not here: when a session ends (`world::sessions`), the control interface's own view (`SessionReport`).
//! Called by: `endpoints::management`, `notify::events`.

use serde_json::{Value, json};

use super::{device::device, rfc3339};
use crate::world::{
    CLIENT_ID, World,
    sessions::{EndReason, Session},
};

/// How a session stands. Documented in lower case, shown in upper case (scalekit-api §19); the emulator
/// shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Active,
    Expired,
    Revoked,
    Logout,
}

impl Status {
    /// The status with this name, in any letter case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Active, Self::Expired, Self::Revoked, Self::Logout]
            .into_iter()
            .find(|status| status.name().eq_ignore_ascii_case(name))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Expired => "EXPIRED",
            Self::Revoked => "REVOKED",
            Self::Logout => "LOGOUT",
        }
    }
}

/// How the session stands now.
pub(crate) fn status(world: &World, session: &Session) -> Status {
    match world.end_of(session) {
        None => Status::Active,
        Some(end) => match end.reason {
            EndReason::Expired => Status::Expired,
            EndReason::Revoked => Status::Revoked,
            EndReason::Logout => Status::Logout,
        },
    }
}

/// The whole object.
pub(crate) fn session(world: &World, session: &Session) -> Value {
    let mut object = revoked_session(world, session);
    object["organization_id"] = json!(session.organization);
    object["authenticated_organizations"] = json!(session.authenticated_organizations);
    // The environment has one client; a session is never without it.
    object["authenticated_clients"] = json!([{ "client_id": CLIENT_ID, "organization_id": session.organization }]);
    object["device"] = device(&session.user_agent);
    object
}

/// What a revocation answers: the same without organizations, clients and device.
pub(crate) fn revoked_session(world: &World, session: &Session) -> Value {
    let end = world.end_of(session);
    let when = |reasons: &[EndReason]| {
        end.filter(|end| reasons.contains(&end.reason)).map_or_else(String::new, |end| rfc3339(end.at))
    };
    json!({
        "session_id": session.sid,
        "user_id": session.user,
        "status": status(world, session).name(),
        "created_at": rfc3339(session.created_at),
        "updated_at": rfc3339(end.map_or(session.last_active_at, |end| end.at.max(session.last_active_at))),
        "last_active_at": rfc3339(session.last_active_at),
        "idle_expires_at": rfc3339(world.idle_expiry(session)),
        "absolute_expires_at": rfc3339(world.absolute_expiry(session)),
        // A revocation counts as an expiry at that moment (scalekit-api §13.2).
        "expired_at": when(&[EndReason::Expired, EndReason::Revoked]),
        "logout_at": when(&[EndReason::Logout]),
    })
}
