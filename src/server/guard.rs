//! Who is calling, and whether they may: found out before anything renders.
//!
//! The decision rests on the route that was matched, not on the path's spelling. Server functions pass: they answer
//! with typed errors of their own. Views guard client-side navigation only.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use scalekit_sessions::{Current, Presence, Session};
use tower_cookies::Cookies;

use super::{
    cookies::SessionCookie,
    routes::{self, SessionUse},
    state::AppState,
};
use crate::{
    access::{Access, LONGEST_RETURN_PATH},
    error::AppError,
};

/// Who is calling, as far as it is known.
#[derive(Debug, Clone)]
pub enum Visitor {
    /// No session cookie, or one that never was ours.
    Anonymous,
    /// The browser had a session that has ended.
    SessionEnded,
    /// Signed in.
    SignedIn(Arc<Session>),
}

/// What the guard puts into the request.
#[derive(Debug, Clone)]
pub enum CurrentSession {
    /// It is known who is calling.
    Known(Visitor),
    /// Nobody can tell for now: the store or the provider is needed and out of reach.
    Unavailable {
        /// Seconds after which another attempt makes sense.
        retry_after: u32,
    },
}

/// What becomes of a request for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The page renders.
    Proceed,
    /// To the sign-in page.
    SignIn {
        /// Whether the browser had a session that has ended.
        session_ended: bool,
    },
    /// Signed in, but without the permission.
    Forbid {
        /// The permission that is missing.
        permission: &'static str,
    },
    /// Nobody can tell for now.
    Wait {
        /// Seconds after which another attempt makes sense.
        retry_after: u32,
    },
}

/// Whether the caller may see a page with this rule.
#[must_use]
pub fn decide(access: Access, current: &CurrentSession) -> Decision {
    let permission = match access {
        Access::Public => return Decision::Proceed,
        Access::SignedIn => None,
        Access::Permission(permission) => Some(permission),
    };
    match current {
        CurrentSession::Unavailable { retry_after } => Decision::Wait { retry_after: *retry_after },
        CurrentSession::Known(Visitor::Anonymous) => Decision::SignIn { session_ended: false },
        CurrentSession::Known(Visitor::SessionEnded) => Decision::SignIn { session_ended: true },
        CurrentSession::Known(Visitor::SignedIn(session)) => match permission {
            Some(permission) if !session.may(permission) => Decision::Forbid { permission },
            _ => Decision::Proceed,
        },
    }
}

impl Visitor {
    /// The session, if there is one.
    #[must_use]
    pub fn session(&self) -> Option<Arc<Session>> {
        match self {
            Self::SignedIn(session) => Some(Arc::clone(session)),
            Self::Anonymous | Self::SessionEnded => None,
        }
    }
}

/// Looks the session up and turns away who may not see the matched page.
pub async fn require_access(
    State(state): State<Arc<AppState>>,
    path: Option<MatchedPath>,
    cookies: Cookies,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(route) = path.as_ref().and_then(|path| routes::find(path.as_str())) else {
        tracing::error!(path = request.uri().path(), "a route without an access rule was refused");
        return AppError::NotFound.into_response();
    };
    let current = match route.session {
        SessionUse::Lookup => current_session(&state, &cookies, Presence::Active).await,
        SessionUse::Watch => current_session(&state, &cookies, Presence::Watching).await,
        SessionUse::None => CurrentSession::Known(Visitor::Anonymous),
    };
    if route.is_page
        && let Some(refusal) = refuse_page(route.access, &current, request.uri())
    {
        return refusal;
    }
    request.extensions_mut().insert(current);
    next.run(request).await
}

async fn current_session(state: &AppState, cookies: &Cookies, presence: Presence) -> CurrentSession {
    let visitor = match state.cookies.session(cookies) {
        SessionCookie::Absent | SessionCookie::Invalid => Visitor::Anonymous,
        SessionCookie::Valid(id) => match state.sessions.current(&id.key(), presence).await {
            Current::SignedIn(session) => Visitor::SignedIn(session),
            // The cookie stays: a late answer to an old session would otherwise take the cookie of a new one. A dead
            // identifier leads nowhere, and the next sign-in replaces it.
            Current::Ended => Visitor::SessionEnded,
            Current::Unavailable { retry_after } => {
                return CurrentSession::Unavailable { retry_after };
            }
        },
    };
    CurrentSession::Known(visitor)
}

/// The answer for somebody who may not see the page; `None` if they may.
fn refuse_page(access: Access, current: &CurrentSession, uri: &Uri) -> Option<Response> {
    let error = match decide(access, current) {
        Decision::Proceed => return None,
        Decision::SignIn { session_ended } => return Some(to_login(uri, session_ended)),
        Decision::Forbid { permission } => AppError::Forbidden { permission: permission.to_owned() },
        Decision::Wait { retry_after } => AppError::Unavailable { retry_after },
    };
    Some(error.into_response())
}

/// Characters that may stand unencoded inside a query value.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// To the sign-in page, with the way back and an empty body.
fn to_login(uri: &Uri, session_ended: bool) -> Response {
    let wanted = uri.path_and_query().map_or("/", |path| path.as_str());
    // One that is too long would be dropped later, and an address that holds it might be too long itself.
    let return_to = (wanted.len() <= LONGEST_RETURN_PATH).then(|| utf8_percent_encode(wanted, QUERY_VALUE));
    let location = match (return_to, session_ended) {
        (Some(path), true) => format!("/login?return_to={path}&reason=expired"),
        (Some(path), false) => format!("/login?return_to={path}"),
        (None, true) => "/login?reason=expired".to_owned(),
        (None, false) => "/login".to_owned(),
    };
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

#[cfg(test)]
mod tests {

    use super::*;

    const NEEDED: &str = "projects:read";

    fn holding(permissions: &[&str], roles: &[&str]) -> CurrentSession {
        let session = serde_json::from_value(serde_json::json!({
            "identity": { "user_id": "usr_1", "provider_session_id": "ses_1", "organization_id": "org_1" },
            "person": { "email_verified": false },
            "permissions": permissions,
            "roles": roles,
            "id_claims": {}, "access_claims": {},
            "signed_in_at": 0, "access_issued_at": 0, "access_expires_at": 300, "ends_at": 1_000_000,
        }));
        let session: Session = session.unwrap();
        CurrentSession::Known(Visitor::SignedIn(Arc::new(session)))
    }

    #[test]
    fn every_rule_gives_every_visitor_the_written_answer() {
        use Decision::{Forbid, Proceed, SignIn, Wait};
        let visitors = [
            CurrentSession::Known(Visitor::Anonymous),
            CurrentSession::Known(Visitor::SessionEnded),
            CurrentSession::Unavailable { retry_after: 5 },
            holding(&[], &["admin"]),
            holding(&["members:read", NEEDED], &[]),
        ];
        let (anonymous, ended) = (SignIn { session_ended: false }, SignIn { session_ended: true });
        let wait = Wait { retry_after: 5 };
        for (access, expected) in [
            (Access::Public, [Proceed; 5]),
            (Access::SignedIn, [anonymous, ended, wait, Proceed, Proceed]),
            (Access::Permission(NEEDED), [anonymous, ended, wait, Forbid { permission: NEEDED }, Proceed]),
        ] {
            let decided = visitors.each_ref().map(|visitor| decide(access, visitor));
            assert_eq!(decided, expected, "{access:?}");
        }
    }

    #[test]
    fn what_only_resembles_the_permission_does_not_open_the_page() {
        for held in [
            "",
            "projects",
            "projects:",
            "projects:rea",
            "projects:read2",
            "projects:read ",
            " projects:read",
            "PROJECTS:READ",
            "projects:Read",
            "projects:*",
            "*",
            "projects:read,members:read",
            "projects:read members:read",
            "projects.read",
            "projects%3Aread",
            "projects:read\0",
            "projects:\u{0433}ead",
            "xprojects:read",
            "[\"projects:read\"]",
        ] {
            let decided = decide(Access::Permission(NEEDED), &holding(&[held], &[NEEDED]));
            assert_eq!(decided, Decision::Forbid { permission: NEEDED }, "{held:?}");
        }
    }
}
