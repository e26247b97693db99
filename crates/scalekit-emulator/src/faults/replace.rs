//! Gives another answer than the endpoint's own.
//!
//! Not here: how it is described (`orders::replacement`).
//! Called by: the layer beside this file.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::Value;

use crate::{
    orders::{Endpoint, Replacement, use_once},
    tokens::jwt::set_members,
    world::World,
};

/// The answer with everything that was ordered for it.
pub(super) async fn replace(answer: Response, order: &Replacement) -> Response {
    let (mut parts, body) = answer.into_parts();
    let own = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let body = match &order.body {
        Some(Value::String(text)) => text.clone().into_bytes(),
        Some(json) => json.to_string().into_bytes(),
        None => own.to_vec(),
    };
    let body = match serde_json::from_slice(&body) {
        Ok(Value::Object(mut members)) if !order.set.is_empty() => {
            set_members(&mut members, &order.set);
            Value::Object(members).to_string().into_bytes()
        }
        _ => body,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    if let Some(status) = order.status.and_then(|status| StatusCode::from_u16(status).ok()) {
        parts.status = status;
    }
    for (name, value) in &order.headers {
        let Ok(name) = HeaderName::try_from(name) else { continue };
        match value.as_ref().map(HeaderValue::try_from) {
            Some(Ok(value)) => _ = parts.headers.insert(name, value),
            Some(Err(_)) => {}
            None => _ = parts.headers.remove(name),
        }
    }
    Response::from_parts(parts, Body::from(body))
}

pub(super) fn take(world: &mut World, endpoint: Endpoint) -> Option<Replacement> {
    let index = world.replacements.iter().position(|order| order.endpoint == endpoint)?;
    let found = world.replacements.get_mut(index)?;
    let order = found.clone();
    if use_once(&mut found.times) {
        world.replacements.remove(index);
    }
    Some(order)
}
