//! The answer to an authorization request: judged, exchanged once, verified, and turned into a session.
//!
//! Until everything has passed, nothing changes: no session is touched. The attempt's cookie goes in any case, so an
//! answer can't be tried twice.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use scalekit::{AuthorizationCode, CallbackError, CallbackQuery, PendingLogin, ProviderErrorCode};
use tower_cookies::Cookies;
use tracing::Instrument as _;

use super::{attempt::LoginAttempt, sessions::BeginError};
use crate::{
    error::SignInProblem,
    server::{
        cookies::SessionCookie,
        metrics,
        return_to::ReturnTo,
        session::{
            device::Device,
            id::{SessionId, SessionKey},
        },
        state::AppState,
    },
};

/// A sign-in that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub problem: SignInProblem,
    /// Where the person wanted to go, once the attempt was found.
    pub return_to: Option<ReturnTo>,
}

impl From<SignInProblem> for Refusal {
    fn from(problem: SignInProblem) -> Self {
        Self { problem, return_to: None }
    }
}

/// Answers a `HEAD` of the callback in its place. To the router it is a `GET` whose answer has no body: it would spend the
/// code for a program that only looks.
pub async fn refuse_head(request: Request, next: Next) -> Response {
    if request.method() == Method::HEAD && request.uri().path().trim_end_matches('/') == "/auth/callback" {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]).into_response();
    }
    next.run(request).await
}

/// Completes a sign-in and answers with the page that the person wanted. The browser's cookies are set on `cookies`.
///
/// # Errors
/// Why there is no session, as the callback page explains it. The cause is in the log.
pub async fn finish_login(
    state: &Arc<AppState>,
    cookies: &Cookies,
    query: &str,
    device: Device,
) -> Result<ReturnTo, Refusal> {
    let outcome = judge_and_begin(state, cookies, query, device).await;
    metrics::sign_in(outcome.as_ref().err().map(|refusal| refusal.problem));
    outcome
}

async fn judge_and_begin(
    state: &Arc<AppState>,
    cookies: &Cookies,
    query: &str,
    device: Device,
) -> Result<ReturnTo, Refusal> {
    let query = CallbackQuery::parse(query).map_err(|error| explain_callback(&error))?;
    let LoginAttempt { pending, return_to, .. } = take_attempt(state, cookies, &query).await?;
    match complete(state, cookies, query, pending, device).await {
        Ok(id) => {
            state.cookies.set_session(cookies, &id, state.settings.limits.lifetime);
            Ok(return_to)
        }
        Err(problem) => Err(Refusal { problem, return_to: Some(return_to) }),
    }
}

/// From the genuine answer to the stored session.
async fn complete(
    state: &Arc<AppState>,
    cookies: &Cookies,
    query: CallbackQuery,
    pending: PendingLogin,
    device: Device,
) -> Result<SessionId, SignInProblem> {
    let code = query.into_code(pending, state.scalekit.config()).map_err(|error| explain_callback(&error))?;
    let previous = match state.cookies.session(cookies) {
        SessionCookie::Valid(id) => Some(id.key()),
        SessionCookie::Absent | SessionCookie::Invalid => None,
    };
    // In a task of its own: a browser that goes away must not cut the exchange in half.
    let begun = tokio::spawn(exchange_and_begin(Arc::clone(state), code, device, previous).in_current_span()).await;
    begun.unwrap_or_else(|error| {
        tracing::error!(%error, "the code exchange panicked");
        Err(SignInProblem::Unavailable)
    })
}

/// Finds the attempt that the answer belongs to, makes sure that it is used once, and removes its cookie.
async fn take_attempt(
    state: &AppState,
    cookies: &Cookies,
    query: &CallbackQuery,
) -> Result<LoginAttempt, SignInProblem> {
    let value = query.state().ok_or(SignInProblem::Malformed)?;
    let now = state.clock.now();
    let Some(attempt) = LoginAttempt::recall(value, state.cookies, cookies, &state.settings.key_ring, now) else {
        tracing::info!(outcome = "no attempt", "sign-in refused");
        return Err(SignInProblem::NoAttempt);
    };
    let is_first = attempt.spend(&state.sessions, now).await.map_err(|error| {
        metrics::store_failed(&error, "a login attempt could not be taken");
        SignInProblem::Unavailable
    })?;
    LoginAttempt::forget(value, state.cookies, cookies);
    if !is_first {
        tracing::info!(outcome = "attempt used before", "sign-in refused");
        return Err(SignInProblem::NoAttempt);
    }
    Ok(attempt)
}

async fn exchange_and_begin(
    state: Arc<AppState>,
    code: AuthorizationCode,
    device: Device,
    previous: Option<SessionKey>,
) -> Result<SessionId, SignInProblem> {
    let exchange = state.scalekit.exchange(&code);
    let tokens = metrics::token_call("authorization_code", exchange).await.map_err(|error| explain_exchange(&error))?;
    let sign_in = state
        .scalekit
        .verify_sign_in(tokens, &code, state.clock.now())
        .await
        .map_err(|error| explain_exchange(&error))?;
    state.sessions.begin(&sign_in, device, previous).await.map_err(|error| match error {
        BeginError::EndedMeanwhile => {
            tracing::info!("the provider ended a session while it was begun");
            SignInProblem::CodeRefused
        }
        BeginError::Store(error) => {
            metrics::store_failed(&error, "a session could not be begun");
            SignInProblem::Unavailable
        }
        error => {
            tracing::error!(error = &error as &dyn std::error::Error, "a session could not be begun");
            SignInProblem::Unavailable
        }
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
        scalekit::Error::Unavailable { .. } => SignInProblem::Unavailable,
    }
}
