//! The answer to an authorization request, between the browser's cookies and the engine: what is believed of
//! it and what becomes of it is in `scalekit-sessions`.

use axum_hardening::return_to::ReturnTo;
use scalekit_sessions::{Browser, Device, LoginCookies, LoginProblem, LoginRefused};
use tower_cookies::Cookies;

use crate::{
    error::SignInProblem,
    server::{cookies::SessionCookie, state::AppState},
};

/// A sign-in that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub problem: SignInProblem,
    /// Where the person wanted to go, once the attempt was found.
    pub return_to: Option<ReturnTo>,
}

/// Whether the browser has begun the sign-in that this answer ends. Uses nothing up.
pub fn has_attempt(state: &AppState, cookies: &Cookies, query: &str) -> bool {
    let (prefix, held) = (state.cookies.attempt_prefix(), state.cookies.attempts(cookies));
    state.sessions.expects_answer(query, LoginCookies { prefix: &prefix, held: &held })
}

/// Completes a sign-in; answers with the page that the person wanted. Cookies are set on `cookies`.
///
/// # Errors
/// Why there is no session, as the callback page explains it. The cause is in the log.
pub async fn finish_login(
    state: &AppState,
    cookies: &Cookies,
    query: &str,
    device: Device,
) -> Result<ReturnTo, Refusal> {
    let (prefix, held) = (state.cookies.attempt_prefix(), state.cookies.attempts(cookies));
    let session = match state.cookies.session(cookies) {
        SessionCookie::Valid(id) => Some(id),
        SessionCookie::Absent | SessionCookie::Invalid => None,
    };
    let attempts = LoginCookies { prefix: &prefix, held: &held };
    let finished = state.sessions.finish_login(query, attempts, Browser { device, session }).await;
    let spent = match &finished {
        Ok(finished) => finished.spent.clone(),
        Err(refused) => refused.spent.clone(),
    };
    if let Some(spent) = spent {
        state.cookies.clear(cookies, spent);
    }
    match finished {
        Ok(finished) => {
            if let Some(id) = &finished.session {
                state.cookies.set_session(cookies, id, state.settings.limits.lifetime);
            }
            Ok(finished.back)
        }
        Err(LoginRefused { problem, back, .. }) => Err(Refusal { problem: problem.into(), return_to: back }),
    }
}

/// What the person is told of it.
impl From<LoginProblem> for SignInProblem {
    fn from(problem: LoginProblem) -> Self {
        match problem {
            LoginProblem::NoAttempt => Self::NoAttempt,
            LoginProblem::Malformed => Self::Malformed,
            LoginProblem::Cancelled => Self::Cancelled,
            LoginProblem::NotAllowed => Self::NotAllowed,
            LoginProblem::OrganizationNotFound => Self::OrganizationNotFound,
            LoginProblem::LoginRequired => Self::LoginRequired,
            LoginProblem::Provider => Self::Provider,
            LoginProblem::CodeRefused => Self::CodeRefused,
            LoginProblem::TokensRefused => Self::TokensRefused,
            LoginProblem::Misconfigured => Self::Misconfigured,
            LoginProblem::AnotherAccount => Self::AnotherAccount,
            LoginProblem::Unavailable => Self::Unavailable,
        }
    }
}
