//! `POST /webhooks/scalekit`: events of the Scalekit environment, signed by the Standard Webhooks scheme.
//!
//! This file checks the signature and makes sure that an event is handled once, whatever replica it comes to and how often;
//! what an event does is in [`handlers`], the place for a team's own.
//!
//! An event counts as handled when its handler has returned. Should the process die before, or the handler fail, Scalekit
//! sends it again and it is handled then: handlers run at least once, and once unless something breaks.

pub mod handlers;

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use scalekit::{Webhook, WebhookHeaders, WebhookSecrets};
use scalekit_sessions::{
    StoreError,
    id::{Mark, MarkOf},
};
use tracing::Instrument as _;

use super::{metrics, patience::WEBHOOK_HANDLER, state::AppState};

/// Longer bodies are refused; Scalekit's events are a few kilobytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// How long an event is remembered, in seconds: longer than anybody sends it again.
const REMEMBERED: i64 = 3 * 24 * 3600;

/// How long a handler may take, in seconds, before another delivery of its event may begin anew.
const UNDER_WAY: i64 = 120;
const _: () = assert!(UNDER_WAY.unsigned_abs() > 2 * WEBHOOK_HANDLER.as_secs());

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
            // In a task of its own: a caller that gives up must not cut a handler in half.
            Some(webhook) => {
                let handled = handle_once(Arc::clone(&state), webhook).in_current_span();
                tokio::spawn(handled).await.unwrap_or_else(|error| {
                    tracing::error!(%error, "a webhook handler panicked");
                    Outcome::Failed
                })
            }
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

async fn handle_once(state: Arc<AppState>, webhook: Webhook) -> Outcome {
    let now = state.clock.now();
    let [handled, under_way] = [MarkOf::Webhook, MarkOf::WebhookUnderWay].map(|kind| Mark::of(kind, &webhook.id));
    let claimed = async {
        // First the claim, then the look: otherwise another delivery could be done with it between the two.
        if !state.sessions.store().mark(&under_way, now + UNDER_WAY, now).await? {
            return Ok(Err(Outcome::UnderWay));
        }
        if state.sessions.store().is_marked(&handled, now).await? {
            state.sessions.store().unmark(&under_way).await?;
            return Ok(Err(Outcome::Repeated));
        }
        Ok::<_, StoreError>(Ok(()))
    };
    match claimed.await {
        Ok(Ok(())) => {}
        Ok(Err(outcome)) => return outcome,
        Err(error) => return store_failed(&error),
    }
    let event_type = webhook.event.event_type().to_owned();
    // A handler that takes longer than its claim would be joined by another delivery's.
    let handled_in_time = tokio::time::timeout(WEBHOOK_HANDLER, handlers::handle(&state, &webhook));
    let outcome = match handled_in_time.await.unwrap_or_else(|elapsed| Err(elapsed.into())) {
        Ok(()) => match state.sessions.store().mark(&handled, now + REMEMBERED, now).await {
            Ok(_) => Outcome::Handled,
            Err(error) => store_failed(&error),
        },
        Err(error) => {
            tracing::error!(event_type, error = &*error as &dyn std::error::Error, "a webhook handler failed");
            Outcome::Failed
        }
    };
    if let Err(error) = state.sessions.store().unmark(&under_way).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a webhook stays claimed for two minutes");
    }
    outcome
}

fn store_failed(error: &StoreError) -> Outcome {
    metrics::store_failed(error, "a webhook could not be handled");
    Outcome::Failed
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
