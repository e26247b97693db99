//! The checked claims behind the profile page.

use serde_json::{Map, Value};

use crate::{
    api::profile::{ClaimView, ListClaims},
    error::AppError,
    server::request::RequestContext,
};

/// Body of `list_claims`.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a session.
pub fn list_claims() -> Result<Vec<ClaimView>, AppError> {
    let session = RequestContext::of::<ListClaims>()?.session()?;
    Ok(claims("ID token", &session.id_claims).chain(claims("Access token", &session.access_claims)).collect())
}

fn claims<'a>(source: &'static str, map: &'a Map<String, Value>) -> impl Iterator<Item = ClaimView> + 'a {
    map.iter().filter(|(_, value)| !is_empty(value)).map(move |(name, value)| ClaimView {
        name: name.clone(),
        value: as_text(value),
        source: source.to_owned(),
    })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
