//! The answer to an authorization request: judged, exchanged once, verified, and turned into a session.
//!
//! Until everything has passed, nothing changes: no session is touched. The attempt's cookie goes in any case, so an
//! answer can't be tried twice.

use std::sync::Arc;

use scalekit::{AuthorizationCode, CallbackError, CallbackQuery, ProviderErrorCode};
use tower_cookies::Cookies;

use super::attempt::LoginAttempt;
use crate::{
    error::SignInProblem,
    server::{
        cookies::SessionCookie,
        return_to::ReturnTo,
        session::id::{SessionId, SessionKey},
        state::AppState,
    },
};

/// Completes a sign-in and answers with the page that the person wanted. The browser's cookies are set on `cookies`.
///
/// # Errors
/// Why there is no session, as the callback page explains it. The cause is in the log.
pub async fn finish_login(state: &Arc<AppState>, cookies: &Cookies, query: &str) -> Result<ReturnTo, SignInProblem> {
    let query = CallbackQuery::parse(query).map_err(|error| explain_callback(&error))?;
    let Some(attempt) = take_attempt(state, cookies, &query) else {
        tracing::info!(outcome = "no attempt", "sign-in refused");
        return Err(SignInProblem::NoAttempt);
    };
    let LoginAttempt { pending, return_to, .. } = attempt;
    let code = query.into_code(pending, state.scalekit.config()).map_err(|error| explain_callback(&error))?;
    let previous = match state.cookies.session(cookies) {
        SessionCookie::Valid(id) => Some(id.key()),
        SessionCookie::Absent | SessionCookie::Invalid => None,
    };
    // In a task of its own: a browser that goes away must not cut the exchange in half.
    let begun = tokio::spawn(exchange_and_begin(Arc::clone(state), code, previous)).await;
    let id = begun.unwrap_or_else(|error| {
        tracing::error!(%error, "the code exchange panicked");
        Err(SignInProblem::ProviderUnreachable)
    })?;
    state.cookies.set_session(cookies, &id, state.settings.session_lifetime);
    Ok(return_to)
}

/// Finds the attempt that the answer belongs to, removes its cookie and makes sure that it is used once.
fn take_attempt(state: &AppState, cookies: &Cookies, query: &CallbackQuery) -> Option<LoginAttempt> {
    let value = query.state()?;
    let now = state.clock.now();
    let attempt = LoginAttempt::recall(value, state.cookies, cookies, &state.settings.key_ring, now)?;
    LoginAttempt::forget(value, state.cookies, cookies);
    state.spent_attempts.spend(value, now).then_some(attempt)
}

async fn exchange_and_begin(
    state: Arc<AppState>,
    code: AuthorizationCode,
    previous: Option<SessionKey>,
) -> Result<SessionId, SignInProblem> {
    let tokens = state.scalekit.exchange(&code).await.map_err(|error| explain_exchange(&error))?;
    let sign_in = state
        .scalekit
        .verify_sign_in(tokens, &code, state.clock.now())
        .await
        .map_err(|error| explain_exchange(&error))?;
    state.sessions.begin(&sign_in, previous).await.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a session could not be stored");
        SignInProblem::ProviderUnreachable
    })
}

fn explain_callback(error: &CallbackError) -> SignInProblem {
    tracing::info!(outcome = %error, "sign-in refused");
    match error {
        CallbackError::Provider(refusal) => match refusal.code {
            ProviderErrorCode::AccessDenied => SignInProblem::Cancelled,
            ProviderErrorCode::LoginRequired => SignInProblem::LoginRequired,
            ProviderErrorCode::OrganizationOrConnection => SignInProblem::OrganizationNotFound,
            ProviderErrorCode::NotAllowed => SignInProblem::NotAllowed,
            ProviderErrorCode::Configuration => SignInProblem::Misconfigured,
            _ => SignInProblem::Provider,
        },
        CallbackError::StateMismatch => SignInProblem::NoAttempt,
        _ => SignInProblem::Malformed,
    }
}

fn explain_exchange(error: &scalekit::Error) -> SignInProblem {
    tracing::warn!(cause = error as &dyn std::error::Error, "a sign-in could not be completed");
    match error {
        scalekit::Error::Ended { .. } => SignInProblem::CodeRefused,
        scalekit::Error::Refused(_) => SignInProblem::TokensRefused,
        scalekit::Error::Misconfigured { .. } => SignInProblem::Misconfigured,
        scalekit::Error::Unavailable { .. } => SignInProblem::ProviderUnreachable,
    }
}
