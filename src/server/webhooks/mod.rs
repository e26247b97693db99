//! `POST /webhooks/scalekit`: events of the Scalekit environment, signed by the Standard Webhooks scheme.
//!
//! This file checks the signature; the engine makes sure an event is handled once, whatever replica it comes
//! to and how often (`Sessions::handle_once`); what events do is in [`handlers`], where a team adds its own.

pub mod handlers;

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use scalekit::{Webhook, WebhookHeaders, WebhookSecrets};
use scalekit_sessions::Handled;

use super::{ops::metrics, state::AppState};

/// Longer bodies are refused; Scalekit's events are a few kilobytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// What became of a delivery; each has its answer.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    Handled,
    Repeated,
    /// Another delivery of the same event is being handled.
    UnderWay,
    Refused,
    Failed,
    /// No secret is set.
    NotSetUp,
}

/// Takes a delivery.
pub async fn receive(
    State(state): State<Arc<AppState>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let outcome = match (&state.settings.webhook_secrets, body) {
        (None, _) => {
            // Anybody can cause this line.
            tracing::debug!("a webhook came, but SCALEKIT_WEBHOOK_SECRET is not set");
            Outcome::NotSetUp
        }
        (Some(_), Err(error)) => {
            tracing::warn!(%error, "a webhook's body could not be read");
            Outcome::Refused
        }
        (Some(secrets), Ok(body)) => match verify(secrets, &headers, &body, state.clock.now()) {
            Some(webhook) => handle_once(state, webhook).await,
            None => Outcome::Refused,
        },
    };
    respond(outcome)
}

fn verify(secrets: &WebhookSecrets, headers: &HeaderMap, body: &[u8], now: i64) -> Option<Webhook> {
    // A header that comes twice is none: whoever reads the other one would see another message.
    let text = |name: &str| {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().unwrap_or_default(),
            _ => "",
        }
    };
    let headers = WebhookHeaders {
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp"),
        signature: text("webhook-signature"),
    };
    secrets
        .verify(&headers, body, now)
        .inspect_err(|error| tracing::warn!(cause = error as &dyn std::error::Error, "a webhook was refused"))
        .ok()
}

/// An event counts as handled when its handler has returned.
async fn handle_once(state: Arc<AppState>, webhook: Webhook) -> Outcome {
    let (sessions, id) = (state.sessions.clone(), webhook.id.clone());
    let event_type = webhook.event.event_type().to_owned();
    let work = async move { handlers::handle(&state, &webhook).await };
    match sessions.handle_once("webhook", &id, work).await {
        Handled::Done(()) => Outcome::Handled,
        Handled::Repeated => Outcome::Repeated,
        Handled::UnderWay => Outcome::UnderWay,
        Handled::Failed(error) => {
            tracing::error!(event_type, error = &*error as &dyn std::error::Error, "a webhook handler failed");
            Outcome::Failed
        }
        Handled::TookTooLong => {
            tracing::error!(event_type, "a webhook handler took too long");
            Outcome::Failed
        }
        Handled::Panicked => Outcome::Failed,
        Handled::Store(error) => {
            metrics::store_failed(&error, "a webhook could not be handled");
            Outcome::Failed
        }
    }
}

/// 2xx: don't send it again. 400: it is none. 409, 503: send it again later.
fn respond(outcome: Outcome) -> Response {
    let (word, status) = match outcome {
        Outcome::Handled => ("accepted", StatusCode::NO_CONTENT),
        Outcome::Repeated => ("repeated", StatusCode::OK),
        Outcome::UnderWay => ("under_way", StatusCode::CONFLICT),
        Outcome::Refused => ("refused", StatusCode::BAD_REQUEST),
        Outcome::Failed => ("failed", StatusCode::SERVICE_UNAVAILABLE),
        Outcome::NotSetUp => ("not_set_up", StatusCode::NOT_FOUND),
    };
    metrics::notification("webhook", word);
    (status, [(header::CACHE_CONTROL, "no-store")]).into_response()
}
