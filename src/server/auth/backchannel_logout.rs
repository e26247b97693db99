//! `POST /auth/backchannel-logout`: Scalekit says that a session of its own is over (OpenID Connect Back-Channel Logout 1.0).
//!
//! The call comes from a server: no cookies, no session; the logout token's signature says who is calling. Register the URL in
//! the Dashboard under "Redirects".

use std::sync::Arc;

use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use scalekit::LogoutToken;
use serde::Deserialize;

use crate::server::{
    metrics,
    session::{
        id::{Mark, MarkOf},
        store::StoreError,
    },
    state::AppState,
};

/// How long a used token is remembered after it was issued, in seconds: longer than any is accepted, whatever its own end.
const REMEMBERED: i64 = 3600;

/// Seconds after which the provider should try again.
const RETRY_SECONDS: &str = "5";

/// The request's body (section 2.5).
#[derive(Deserialize)]
pub struct Body {
    logout_token: String,
}

/// What became of a logout token; each has its answer.
#[derive(Clone, Copy)]
enum Outcome {
    Accepted,
    Repeated,
    Refused,
    Failed,
}

/// Ends the sessions that the logout token names.
pub async fn receive(State(state): State<Arc<AppState>>, body: Result<Form<Body>, FormRejection>) -> Response {
    let outcome = match body {
        Ok(Form(body)) => take(&state, &body.logout_token).await,
        Err(error) => {
            tracing::warn!(%error, "a back-channel logout without a logout token was refused");
            Outcome::Refused
        }
    };
    respond(outcome)
}

async fn take(state: &AppState, token: &str) -> Outcome {
    let now = state.clock.now();
    let token = match state.scalekit.verify_logout_token(token, now).await {
        Ok(token) => token,
        Err(error @ scalekit::Error::Unavailable { .. }) => {
            tracing::error!(cause = &error as &dyn std::error::Error, "a logout token could not be verified");
            return Outcome::Failed;
        }
        Err(error) => {
            tracing::warn!(cause = &error as &dyn std::error::Error, "a logout token was refused");
            return Outcome::Refused;
        }
    };
    match end_sessions(state, &token, now).await {
        Ok(outcome) => outcome,
        Err(error) => {
            metrics::store_failed(&error, "a back-channel logout could not be carried out");
            Outcome::Failed
        }
    }
}

async fn end_sessions(state: &AppState, token: &LogoutToken, now: i64) -> Result<Outcome, StoreError> {
    let mark = Mark::of(MarkOf::LogoutToken, &token.jti);
    if state.sessions.store().is_marked(&mark, now).await? {
        tracing::warn!("a logout token came a second time");
        return Ok(Outcome::Repeated);
    }
    // `sid` names one session, also where `sub` stands beside it; `sub` alone means all of the person's (section 2.4).
    match (&token.sid, &token.sub) {
        (Some(sid), _) => state.sessions.provider_ended_session(sid).await?,
        (None, Some(sub)) => state.sessions.provider_ended_user(sub).await?,
        (None, None) => return Ok(Outcome::Refused),
    };
    // Marked last: should this process die before, the provider's next try finds the work undone and not "repeated".
    let is_first = state.sessions.store().mark(&mark, token.iat.saturating_add(REMEMBERED), now).await?;
    Ok(if is_first { Outcome::Accepted } else { Outcome::Repeated })
}

/// 200 when it is done, 400 when the request is wrong (section 2.8), 503 when another try may help.
fn respond(outcome: Outcome) -> Response {
    let (word, status) = match outcome {
        Outcome::Accepted => ("accepted", StatusCode::OK),
        Outcome::Repeated => ("repeated", StatusCode::BAD_REQUEST),
        Outcome::Refused => ("refused", StatusCode::BAD_REQUEST),
        Outcome::Failed => ("failed", StatusCode::SERVICE_UNAVAILABLE),
    };
    metrics::notification("backchannel_logout", word);
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    match outcome {
        Outcome::Accepted => (status, no_store).into_response(),
        Outcome::Failed => (status, no_store, [(header::RETRY_AFTER, RETRY_SECONDS)]).into_response(),
        Outcome::Repeated | Outcome::Refused => {
            let json = [(header::CONTENT_TYPE, "application/json")];
            (status, no_store, json, r#"{"error":"invalid_request"}"#).into_response()
        }
    }
}
