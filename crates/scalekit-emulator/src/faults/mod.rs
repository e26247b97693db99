//! The layer that counts calls and makes some of them fail.
//!
//! What for: one place in front of every protocol endpoint, so that a fault looks the same everywhere and no
//! endpoint knows about faults. Not here: how a fault is described (`orders`). Called by: `router`.

mod bodies;
mod replace;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;
use tokio::sync::watch;

use crate::{
    connection::Connection,
    orders::{Endpoint, Fault, FaultKind, use_once},
    parameters::Parameters,
    world::{Shared, World},
};

/// No request of this protocol is larger.
const LARGEST_BODY: usize = 64 * 1024;

/// Counts the call, and lets it fail if a test ordered so.
pub(crate) async fn count_and_fail(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let Some(endpoint) = Endpoint::of_path(request.uri().path()) else {
        return next.run(request).await;
    };
    let _open = (endpoint == Endpoint::Token).then(|| OpenTokenCall::begin(&shared));
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let grant = if endpoint == Endpoint::Token { grant_type(&body) } else { None };
    let (fault, cleared, replacement) = {
        let mut world = shared.world();
        world.notice_expired_sessions();
        world.counters.count_call(endpoint.name(), grant.as_deref());
        let fault = take_fault(&mut world, endpoint, grant.as_deref());
        (fault, world.faults_cleared.subscribe(), replace::take(&mut world, endpoint))
    };
    let work = next.run(Request::from_parts(parts, Body::from(body)));
    let answer = match fault {
        None => work.await,
        Some(fault) => commit(&fault, cleared, &shared, &connection, work).await,
    };
    match replacement {
        None => answer,
        Some(order) => replace::replace(answer, &order).await,
    }
}

async fn commit(
    fault: &Fault,
    mut cleared: watch::Receiver<()>,
    shared: &Arc<Shared>,
    connection: &Connection,
    work: impl Future<Output = Response>,
) -> Response {
    match fault.kind {
        FaultKind::Status => status_answer(fault),
        FaultKind::Delay => {
            delay(fault, &mut cleared, shared).await;
            work.await
        }
        FaultKind::DelayAfter => {
            let answer = work.await;
            delay(fault, &mut cleared, shared).await;
            answer
        }
        FaultKind::Hang => {
            tokio::select! {
                _ = cleared.changed() => {}
                () = shared.stopped() => {}
            }
            cut(connection)
        }
        FaultKind::DropBefore => cut(connection),
        FaultKind::DropAfter => {
            work.await;
            cut(connection)
        }
        FaultKind::Garbage => (json_type(), &b"\x00\xff{\"access_token\": garbage"[..]).into_response(),
        FaultKind::Html => {
            let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
            let page = "<!doctype html><title>Gateway</title><h1>The gateway has something to say</h1>";
            (status, axum::response::Html(page)).into_response()
        }
        FaultKind::Truncated => first_half(work.await).await,
        FaultKind::Drip => (json_type(), bodies::drip(shared)).into_response(),
        FaultKind::Endless => (json_type(), bodies::endless(shared)).into_response(),
        FaultKind::Redirect => redirect(fault),
    }
}

fn json_type() -> [(header::HeaderName, &'static str); 1] {
    [(header::CONTENT_TYPE, "application/json")]
}

/// 307 asks for the same request once more, body included: the worst a client with a secret could follow.
fn redirect(fault: &Fault) -> Response {
    let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
    let location = fault.location.as_deref().and_then(|location| HeaderValue::try_from(location).ok());
    let mut answer = status.unwrap_or(StatusCode::TEMPORARY_REDIRECT).into_response();
    if let Some(location) = location {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer
}

async fn delay(fault: &Fault, cleared: &mut watch::Receiver<()>, shared: &Shared) {
    let delay = Duration::from_millis(fault.milliseconds.unwrap_or(1000));
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        _ = cleared.changed() => {}
        () = shared.stopped() => {}
    }
}

fn cut(connection: &Connection) -> Response {
    connection.cut();
    StatusCode::NO_CONTENT.into_response()
}

/// An OAuth error if the fault names one, else the shape of Scalekit's gateway (scalekit-api §5 and §13.1).
fn status_answer(fault: &Fault) -> Response {
    let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let body = match &fault.error {
        Some(error) if fault.without_description => json!({ "error": error }),
        Some(error) => {
            json!({ "error": error, "error_description": "ordered by a fault of the emulator" })
        }
        None => {
            json!({ "code": grpc_code(status), "message": "ordered by a fault of the emulator", "details": [] })
        }
    };
    let mut answer = (status, axum::Json(body)).into_response();
    if let Some(seconds) = fault.retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

fn grpc_code(status: StatusCode) -> u8 {
    match status.as_u16() {
        400 => 3,
        401 => 16,
        403 => 7,
        404 => 5,
        429 => 8,
        503 => 14,
        504 => 4,
        _ => 13,
    }
}

/// What a broken proxy delivers: a well-formed response whose JSON stops in the middle.
async fn first_half(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body.slice(..body.len() / 2)))
}

fn grant_type(body: &Bytes) -> Option<String> {
    Parameters::parse(body).ok()?.owned("grant_type")
}

fn take_fault(world: &mut World, endpoint: Endpoint, grant: Option<&str>) -> Option<Fault> {
    let matches =
        |fault: &Fault| fault.endpoint == endpoint && (fault.grant.is_none() || fault.grant.as_deref() == grant);
    let index = world.faults.iter().position(matches)?;
    let found = world.faults.get_mut(index)?;
    let fault = found.clone();
    if use_once(&mut found.times) {
        world.faults.remove(index);
    }
    world.counters.count_outcome(format!("fault.{}", endpoint.name()));
    Some(fault)
}

/// Counts a token call as open until it is answered or the client has gone away.
struct OpenTokenCall {
    shared: Arc<Shared>,
}

impl OpenTokenCall {
    fn begin(shared: &Arc<Shared>) -> Self {
        let open = shared.open_token_calls.fetch_add(1, Ordering::SeqCst) + 1;
        let mut world = shared.world();
        world.counters.most_open_token_calls = world.counters.most_open_token_calls.max(open);
        Self { shared: Arc::clone(shared) }
    }
}

impl Drop for OpenTokenCall {
    fn drop(&mut self) {
        self.shared.open_token_calls.fetch_sub(1, Ordering::SeqCst);
    }
}
