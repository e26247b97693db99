//! `POST /auth/backchannel-logout`: a session of Scalekit's is over (OpenID Connect Back-Channel Logout 1.0).
//!
//! The call comes from a server: no cookies, no session; the logout token's signature says who is calling.
//! Register the URL in the Dashboard under "Redirects".

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use scalekit_sessions::{RETRY_SECONDS, TakenLogoutToken};
use serde::Deserialize;
use url::form_urlencoded;

use crate::server::{ops::metrics, state::AppState};

/// What became of a logout token; each has its answer.
#[derive(Clone, Copy)]
enum Outcome {
    Accepted,
    Repeated,
    Refused,
    Failed,
}

/// Ends the sessions that the logout token names.
pub async fn receive(
    State(state): State<Arc<AppState>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let kind = content_type(&headers);
    // None: longer than is read.
    let length = body.as_ref().ok().map(Bytes::len);
    let Some(token) = body.ok().and_then(|body| logout_token(&kind, &body)) else {
        tracing::warn!(content_type = kind, length, "a back-channel logout without a logout token was refused");
        return respond(Outcome::Refused);
    };
    let outcome = take(&state, &token).await;
    if let Err(error) = &outcome {
        // Names only, and only of what the provider has signed.
        let claims = state.scalekit.claim_names(&token, state.clock.now()).await;
        let cause = error as &dyn std::error::Error;
        tracing::warn!(cause, content_type = kind, length, claims, "a logout token was refused");
    }
    respond(outcome.unwrap_or(Outcome::Refused))
}

/// The content type without its parameters, cut: anybody can send one.
fn content_type(headers: &HeaderMap) -> String {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence.chars().take(100).collect::<String>().to_ascii_lowercase()
}

/// The token in a request's body: a form (section 2.5). What Scalekit sends is not documented, so JSON with
/// the same member does as well. `None` if there is none, or more than one.
fn logout_token(content_type: &str, body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Json {
        logout_token: String,
    }
    match content_type {
        "application/x-www-form-urlencoded" => {
            let mut tokens = form_urlencoded::parse(body).filter(|(name, _)| name == "logout_token");
            let (token, further) = (tokens.next(), tokens.next());
            token.filter(|_| further.is_none()).map(|(_, token)| token.into_owned())
        }
        // serde would read a list as well, its first item as the token.
        "application/json" if body.trim_ascii_start().starts_with(b"{") => {
            serde_json::from_slice::<Json>(body).ok().map(|json| json.logout_token)
        }
        _ => None,
    }
}

/// What came of a logout token; an error is why it is none.
async fn take(state: &AppState, token: &str) -> Result<Outcome, scalekit::Error> {
    let now = state.clock.now();
    let token = match state.scalekit.verify_logout_token(token, now).await {
        Ok(token) => token,
        Err(error @ scalekit::Error::Unavailable { .. }) => {
            tracing::error!(cause = &error as &dyn std::error::Error, "a logout token could not be verified");
            return Ok(Outcome::Failed);
        }
        Err(error) => return Err(error),
    };
    Ok(match state.sessions.take_logout_token(&token).await {
        Ok(TakenLogoutToken::Accepted) => Outcome::Accepted,
        Ok(TakenLogoutToken::Repeated) => Outcome::Repeated,
        Ok(TakenLogoutToken::NamesNothing) => Outcome::Refused,
        Err(error) => {
            metrics::store_failed(&error, "a back-channel logout could not be carried out");
            Outcome::Failed
        }
    })
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
        Outcome::Failed => (status, no_store, [(header::RETRY_AFTER, RETRY_SECONDS.to_string())]).into_response(),
        Outcome::Repeated | Outcome::Refused => {
            let json = [(header::CONTENT_TYPE, "application/json")];
            (status, no_store, json, r#"{"error":"invalid_request"}"#).into_response()
        }
    }
}
