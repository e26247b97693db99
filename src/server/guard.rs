//! Who is calling, and whether they may: found out before anything renders.
//!
//! The decision rests on the rule of the route that was matched, not on the path's spelling, and holds for
//! pages, server functions and everything else alike: pages lead to sign-in, all others answer with an error.
//! Server functions don't check again; what they need of the caller they get from [`super::request`], by the
//! same rules.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use axum_hardening::navigation;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use scalekit_sessions::{Current, Presence, Session};
use tower_cookies::Cookies;

use super::{cookies::SessionCookie, routes::Rules, state::AppState};
use crate::{
    access::{Access, LONGEST_RETURN_PATH, SessionUse},
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

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Proceed,
    /// They have to sign in first.
    SignIn {
        /// Whether the browser had a session that has ended.
        session_ended: bool,
    },
    /// Signed in, but without the permission.
    Forbid {
        permission: &'static str,
    },
    /// Nobody can tell for now.
    Wait {
        /// Seconds after which another attempt makes sense.
        retry_after: u32,
    },
}

/// What a rule means for a caller.
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
    #[must_use]
    pub fn session(&self) -> Option<Arc<Session>> {
        match self {
            Self::SignedIn(session) => Some(Arc::clone(session)),
            Self::Anonymous | Self::SessionEnded => None,
        }
    }
}

/// What the guard decides by.
#[derive(Clone)]
pub struct Guard {
    pub state: Arc<AppState>,
    pub rules: Rules,
}

/// Looks the session up, turns away who may not call the matched route, and tells the route who is calling.
pub async fn require_access(
    State(Guard { state, rules }): State<Guard>,
    path: Option<MatchedPath>,
    cookies: Cookies,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(rule) = path.as_ref().and_then(|path| rules.find(path.as_str())) else {
        tracing::error!(path = request.uri().path(), "a route without an access rule was refused");
        return AppError::NotFound.into_response();
    };
    let looks_ahead = rule.is_page && navigation::looks_ahead(request.headers());
    let current = current_session(&state, &cookies, rule.session, looks_ahead).await;
    match decide(rule.access, &current) {
        Decision::Proceed => {
            request.extensions_mut().insert(current);
            request.extensions_mut().insert(rules);
            next.run(request).await
        }
        Decision::SignIn { session_ended } if rule.is_page => to_login(request.uri(), session_ended),
        refusal => refusal.error().into_response(),
    }
}

impl Decision {
    /// What is said to those who are not let through. Of no use for those who are.
    fn error(self) -> AppError {
        match self {
            Self::Proceed => AppError::Internal,
            Self::SignIn { .. } => AppError::Unauthenticated,
            Self::Forbid { permission } => AppError::Forbidden { permission: permission.to_owned() },
            Self::Wait { retry_after } => AppError::Unavailable { retry_after },
        }
    }
}

/// Whether the caller may have what this rule guards.
///
/// # Errors
/// What to tell them if not.
pub fn require(access: Access, current: &CurrentSession) -> Result<(), AppError> {
    match decide(access, current) {
        Decision::Proceed => Ok(()),
        refusal => Err(refusal.error()),
    }
}

async fn current_session(
    state: &AppState,
    cookies: &Cookies,
    session: SessionUse,
    looks_ahead: bool,
) -> CurrentSession {
    if session == SessionUse::None {
        return CurrentSession::Known(Visitor::Anonymous);
    }
    let SessionCookie::Valid(id) = state.cookies.session(cookies) else {
        return CurrentSession::Known(Visitor::Anonymous);
    };
    let current = match session {
        SessionUse::Refresh => state.sessions.refresh_if_due(&id.key()).await,
        SessionUse::Watch => state.sessions.current(&id.key(), Presence::Watching).await,
        // The page may never be opened, and if it is, it says so (`note_presence`).
        SessionUse::Lookup if looks_ahead => state.sessions.current(&id.key(), Presence::LookingAhead).await,
        SessionUse::Lookup | SessionUse::None => state.sessions.current(&id.key(), Presence::Active).await,
    };
    match current {
        Current::SignedIn(session) => CurrentSession::Known(Visitor::SignedIn(session)),
        // The cookie stays: a late answer to an old session would otherwise take the cookie of a new one. A
        // dead identifier leads nowhere, and the next sign-in replaces it.
        Current::Ended => CurrentSession::Known(Visitor::SessionEnded),
        Current::Unavailable { retry_after } => CurrentSession::Unavailable { retry_after },
    }
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
