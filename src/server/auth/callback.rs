//! The answer to an authorization request: judged, exchanged once, verified, and turned into a session.
//!
//! Until everything has passed, nothing changes: no session is touched. The attempt is used up first, so an answer can't be
//! tried twice; the same one once more gets what the first one got (`answers`).

use std::sync::Arc;

use axum_hardening::return_to::ReturnTo;
use scalekit::{AuthorizationCode, CallbackError, CallbackQuery, PendingLogin, ProviderErrorCode, SignIn};
use scalekit_sessions::{BeginError, Device, Session, SessionId, SessionKey, SignedInAt, StoreError};
use tokio::sync::OwnedSemaphorePermit;
use tower_cookies::Cookies;
use tracing::Instrument as _;

use super::{answers::Answer, attempt::LoginAttempt};
use crate::{
    error::SignInProblem,
    server::{cookies::SessionCookie, metrics, state::AppState},
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

/// Whether the browser has begun the sign-in that this answer ends. Uses nothing up.
pub fn has_attempt(state: &AppState, cookies: &Cookies, query: &str) -> bool {
    CallbackQuery::parse(query).is_ok_and(|query| {
        let now = state.clock.now();
        query.state().is_some_and(|value| {
            LoginAttempt::recall(value, state.cookies, cookies, &state.settings.key_ring, now).is_some()
        })
    })
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
    let outcome = match take_attempt(state, cookies, query).await {
        Ok(Taken { place: Some(place), query, answer, attempt }) => {
            judge_and_begin(state, cookies, query, answer, attempt, (device, place)).await
        }
        // The first one was counted.
        Ok(Taken { place: None, query, answer, attempt }) => {
            return once_more(state, cookies, query, &answer, attempt).await;
        }
        Err(problem) => Err(problem.into()),
    };
    metrics::sign_in(outcome.as_ref().err().map(|refusal| refusal.problem));
    outcome
}

async fn judge_and_begin(
    state: &Arc<AppState>,
    cookies: &Cookies,
    query: CallbackQuery,
    answer: Answer,
    attempt: LoginAttempt,
    (device, place): (Device, OwnedSemaphorePermit),
) -> Result<ReturnTo, Refusal> {
    let begun = match new_session_id(&attempt, &answer) {
        Ok(id) => {
            let browser = Asking { device, place, started_here: attempt.started_here, answer, id: id.clone() };
            complete(state, cookies, query, attempt.pending, browser).await.map(|()| id)
        }
        Err(problem) => Err(problem),
    };
    match begun {
        Ok(id) => {
            state.cookies.set_session(cookies, &id, state.settings.limits.lifetime);
            Ok(attempt.return_to)
        }
        Err(problem) => Err(Refusal { problem, return_to: Some(attempt.return_to) }),
    }
}

/// An answer to an attempt of this browser's.
struct Taken {
    query: CallbackQuery,
    answer: Answer,
    attempt: LoginAttempt,
    /// Its place among the exchanges. `None`: it came before, and has had one.
    place: Option<OwnedSemaphorePermit>,
}

/// What else is known of the browser that brings an answer.
struct Asking {
    device: Device,
    place: OwnedSemaphorePermit,
    started_here: bool,
    answer: Answer,
    /// The identifier that its session will have.
    id: SessionId,
}

/// From the genuine answer to the stored session.
async fn complete(
    state: &Arc<AppState>,
    cookies: &Cookies,
    query: CallbackQuery,
    pending: PendingLogin,
    browser: Asking,
) -> Result<(), SignInProblem> {
    let code = query.into_code(pending, state.scalekit.config()).map_err(|error| explain_callback(&error))?;
    let previous = match state.cookies.session(cookies) {
        SessionCookie::Valid(id) => Some(id.key()),
        SessionCookie::Absent | SessionCookie::Invalid => None,
    };
    // In a task of its own: a browser that goes away must not cut the exchange in half.
    let begun = tokio::spawn(exchange_and_settle(Arc::clone(state), code, browser, previous).in_current_span()).await;
    begun.unwrap_or_else(|error| {
        tracing::error!(%error, "the code exchange panicked");
        Err(SignInProblem::Unavailable)
    })
}

/// Finds the attempt that the answer belongs to, makes sure that it is used once, and removes its cookie. While there is no place for
/// an exchange it is left as it is: the same answer can be tried again.
async fn take_attempt(state: &AppState, cookies: &Cookies, raw: &str) -> Result<Taken, SignInProblem> {
    let query = CallbackQuery::parse(raw).map_err(|error| explain_callback(&error))?;
    let Some(value) = query.state() else {
        return Err(explain_without_state(&query));
    };
    let (now, store) = (state.clock.now(), state.sessions.store());
    let Some(attempt) = LoginAttempt::recall(value, state.cookies, cookies, &state.settings.key_ring, now) else {
        tracing::info!(outcome = "no attempt", error = query.error().map(tracing::field::display), "sign-in refused");
        return Err(SignInProblem::NoAttempt);
    };
    let answer = Answer::new(&attempt, raw);
    if !answer.is_late(store, now).await.map_err(|error| not_taken(&error))? {
        let Some(place) = state.exchanges.place().await else {
            tracing::warn!("a sign-in has to wait: too many codes are being exchanged");
            return Err(SignInProblem::Unavailable);
        };
        if answer.take(store, now).await.map_err(|error| not_taken(&error))? {
            LoginAttempt::forget(value, state.cookies, cookies);
            return Ok(Taken { query, answer, attempt, place: Some(place) });
        }
    }
    let came_before = answer.came(store, now).await.map_err(|error| not_taken(&error))?;
    LoginAttempt::forget(value, state.cookies, cookies);
    if !came_before {
        tracing::info!(outcome = "attempt used before", "sign-in refused");
        return Err(SignInProblem::NoAttempt);
    }
    Ok(Taken { query, answer, attempt, place: None })
}

fn not_taken(error: &StoreError) -> SignInProblem {
    metrics::store_failed(error, "a login attempt could not be taken");
    SignInProblem::Unavailable
}

fn new_session_id(attempt: &LoginAttempt, answer: &Answer) -> Result<SessionId, SignInProblem> {
    attempt.session_id(answer.query()).map_err(|error| {
        tracing::error!(%error, "a session could not be begun");
        SignInProblem::Unavailable
    })
}

/// The same answer again: what the first one got, without another exchange.
async fn once_more(
    state: &AppState,
    cookies: &Cookies,
    query: CallbackQuery,
    answer: &Answer,
    attempt: LoginAttempt,
) -> Result<ReturnTo, Refusal> {
    let id = new_session_id(&attempt, answer);
    let LoginAttempt { pending, return_to, .. } = attempt;
    let refuse = |problem| Refusal { problem, return_to: Some(return_to.clone()) };
    // What the provider refused stands in the answer itself.
    query.into_code(pending, state.scalekit.config()).map_err(|error| refuse(explain_callback(&error)))?;
    let (id, store) = (id.map_err(refuse)?, state.sessions.store());
    if let Some(problem) = answer
        .refusal(store, &state.clock, state.patience().of_sessions())
        .await
        .map_err(|error| refuse(not_taken(&error)))?
    {
        tracing::info!(outcome = ?problem, "an answer came again: refused again");
        return Err(refuse(problem));
    }
    // Whoever has signed in anew meanwhile, or has the cookie, keeps what they have.
    if let SessionCookie::Valid(held) = state.cookies.session(cookies)
        && lives(state, &held).await.map_err(refuse)?
    {
        return Ok(return_to);
    }
    if !lives(state, &id).await.map_err(refuse)? {
        tracing::info!(outcome = "its session has ended", "sign-in refused");
        return Err(refuse(SignInProblem::NoAttempt));
    }
    tracing::info!("an answer came again: its session is given again");
    state.cookies.set_session(cookies, &id, state.settings.limits.lifetime);
    Ok(return_to)
}

async fn lives(state: &AppState, id: &SessionId) -> Result<bool, SignInProblem> {
    state.sessions.stored(&id.key()).await.map(|found| found.is_some()).map_err(|error| not_taken(&error))
}

/// Whatever comes of it, those who bring the same answer again are told.
async fn exchange_and_settle(
    state: Arc<AppState>,
    code: AuthorizationCode,
    browser: Asking,
    previous: Option<SessionKey>,
) -> Result<(), SignInProblem> {
    let Asking { device, place: _place, started_here, answer, id } = browser;
    let outcome = exchange_and_begin(&state, code, &id, device, started_here, previous).await;
    let settled = answer.settle(state.sessions.store(), outcome.err(), state.clock.now()).await;
    if let Err(error) = settled {
        metrics::store_failed(&error, "what became of a sign-in could not be noted");
    }
    outcome
}

async fn exchange_and_begin(
    state: &AppState,
    code: AuthorizationCode,
    id: &SessionId,
    device: Device,
    started_here: bool,
    previous: Option<SessionKey>,
) -> Result<(), SignInProblem> {
    let asked_at = state.clock.elapsed();
    let exchange = state.scalekit.exchange(&code);
    let tokens = metrics::token_call("authorization_code", exchange).await.map_err(|error| explain_exchange(&error))?;
    let took = state.clock.elapsed() - asked_at;
    let sign_in = state
        .scalekit
        .verify_sign_in(tokens, &code, state.clock.now())
        .await
        .map_err(|error| explain_exchange(&error))?;
    let at = SignedInAt::of(&sign_in, took);
    if !started_here && is_another_account(state, previous, &sign_in).await? {
        tracing::warn!(
            "another site started a sign-in to another account or organization than the browser is signed in to: refused"
        );
        return Err(SignInProblem::AnotherAccount);
    }
    state.sessions.begin(id, &sign_in, at, device, previous).await.map_err(|error| match error {
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

/// Whether the browser is signed in as somebody else than the one who signs in, or to another of their organizations.
async fn is_another_account(
    state: &AppState,
    previous: Option<SessionKey>,
    sign_in: &SignIn,
) -> Result<bool, SignInProblem> {
    let Some(key) = previous else { return Ok(false) };
    let current = state.sessions.stored(&key).await.map_err(|error| {
        metrics::store_failed(&error, "nobody can tell who is signed in");
        SignInProblem::Unavailable
    })?;
    Ok(current.is_some_and(|Session { identity, .. }| {
        identity.user_id != sign_in.id.sub || identity.organization_id != sign_in.access.oid
    }))
}

/// An answer without `state` belongs to no attempt, and anybody may have made it up. The provider sends such ones too, where the
/// request itself was wrong or an identity provider began it; so the page names the group of the error, which changes nothing.
fn explain_without_state(query: &CallbackQuery) -> SignInProblem {
    let Some(error) = query.error() else {
        tracing::info!(outcome = "no state", "sign-in refused");
        return SignInProblem::Malformed;
    };
    tracing::info!(outcome = "no state", %error, "sign-in refused");
    explain_provider_error(&error.code)
}

/// What an error of the provider means for the person, wherever it was told.
pub(super) const fn explain_provider_error(code: &ProviderErrorCode) -> SignInProblem {
    match code {
        ProviderErrorCode::AccessDenied => SignInProblem::Cancelled,
        ProviderErrorCode::LoginRequired => SignInProblem::LoginRequired,
        ProviderErrorCode::OrganizationOrConnection => SignInProblem::OrganizationNotFound,
        ProviderErrorCode::NotAllowed => SignInProblem::NotAllowed,
        ProviderErrorCode::Configuration => SignInProblem::Misconfigured,
        _ => SignInProblem::Provider,
    }
}

fn explain_callback(error: &CallbackError) -> SignInProblem {
    tracing::info!(outcome = %error, "sign-in refused");
    match error {
        CallbackError::Provider(refusal) => explain_provider_error(&refusal.code),
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
