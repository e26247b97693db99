//! Who is calling, and whether they may: found out before anything renders.
//!
//! The decision rests on the route that was matched, not on the path's spelling. Server functions pass: they answer
//! with typed errors of their own. Views guard client-side navigation only.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tower_cookies::Cookies;

use super::{
    auth::sessions::{Current, Presence},
    cookies::SessionCookie,
    problem::{self, Asker},
    routes::{self, SessionUse},
    session::Session,
    state::AppState,
};
use crate::{app::Access, error::AppError};

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
        return problem::respond(&state, &AppError::NotFound, &asker(&request));
    };
    let current = match route.session {
        SessionUse::Lookup => current_session(&state, &cookies, Presence::Active).await,
        SessionUse::Watch => current_session(&state, &cookies, Presence::Watching).await,
        SessionUse::None => CurrentSession::Known(Visitor::Anonymous),
    };
    if route.is_page
        && let Some(refusal) = refuse_page(&state, route.access, &current, &request)
    {
        return refusal;
    }
    request.extensions_mut().insert(current);
    next.run(request).await
}

async fn current_session(state: &AppState, cookies: &Cookies, presence: Presence) -> CurrentSession {
    let visitor = match state.cookies.session(cookies) {
        SessionCookie::Absent => Visitor::Anonymous,
        SessionCookie::Invalid => {
            state.cookies.clear_session(cookies);
            Visitor::Anonymous
        }
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
fn refuse_page(state: &AppState, access: Access, current: &CurrentSession, request: &Request) -> Option<Response> {
    let permission = match access {
        Access::Public => return None,
        Access::SignedIn => None,
        Access::Permission(permission) => Some(permission),
    };
    let visitor = match current {
        CurrentSession::Known(visitor) => visitor,
        CurrentSession::Unavailable { retry_after } => {
            return Some(problem::respond(
                state,
                &AppError::Unavailable { retry_after: *retry_after },
                &asker(request),
            ));
        }
    };
    match (visitor.session(), permission) {
        (None, _) => Some(to_login(request.method(), request.uri(), matches!(visitor, Visitor::SessionEnded))),
        (Some(session), Some(permission)) if !session.may(permission) => {
            Some(problem::respond(state, &AppError::Forbidden { permission: permission.to_owned() }, &asker(request)))
        }
        (Some(_), _) => None,
    }
}

fn asker(request: &Request) -> Asker {
    Asker::of(request.method(), request.uri(), request.headers())
}

/// Characters that may stand unencoded inside a query value.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// To the sign-in page, with the way back and an empty body.
fn to_login(method: &Method, uri: &Uri, session_ended: bool) -> Response {
    let wanted = uri.path_and_query().map_or("/", |path| path.as_str());
    let reason = if session_ended { "&reason=expired" } else { "" };
    let location = format!("/login?return_to={}{reason}", utf8_percent_encode(wanted, QUERY_VALUE));
    let status = if matches!(*method, Method::GET | Method::HEAD) { StatusCode::FOUND } else { StatusCode::SEE_OTHER };
    (status, [(header::LOCATION, location)]).into_response()
}
