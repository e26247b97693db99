//! The checked claims behind the profile page.

use scalekit_sessions::Session;
use serde_json::{Map, Value};

/// One checked claim, ready to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimView {
    /// The claim's name, such as `email_verified`.
    pub name: String,
    /// Its value as text.
    pub value: String,
    /// Which verified token it came from.
    pub source: &'static str,
}

/// The claims that were verified at sign-in or at the last refresh.
#[must_use]
pub fn claims_of(session: &Session) -> Vec<ClaimView> {
    claims("ID token", &session.id_claims).chain(claims("Access token", &session.access_claims)).collect()
}

fn claims<'a>(source: &'static str, map: &'a Map<String, Value>) -> impl Iterator<Item = ClaimView> + 'a {
    map.iter().filter(|(_, value)| !is_empty(value)).map(move |(name, value)| ClaimView {
        name: name.clone(),
        value: as_text(value),
        source,
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
