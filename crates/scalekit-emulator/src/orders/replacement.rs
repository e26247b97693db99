//! How another answer is described.
//!
//! What for: an environment that says something wrong about itself, or publishes other keys than it has.
//! Not here: giving it (`faults::replace`). Token responses have an order of their own (`token_response`).
//! Called by: tests, the control routes, `faults`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Endpoint;

/// Another answer of an endpoint. The work is done all the same; what is not mentioned stays as it is.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// Where.
    pub endpoint: Endpoint,
    /// The status.
    #[serde(default)]
    pub status: Option<u16>,
    /// Headers to set; `null` removes one.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    /// The whole body: a string as it is, anything else as JSON.
    #[serde(default)]
    pub body: Option<Value>,
    /// Members to set in a body that is a JSON object; `null` removes one.
    #[serde(default)]
    pub set: Map<String, Value>,
    /// For how many calls; 0 means until replacements are cleared.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

impl Replacement {
    /// The next answer of this endpoint, not changed yet.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, status: None, headers: BTreeMap::new(), body: None, set: Map::new(), times: 1 }
    }

    /// With this status.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    /// With this header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), Some(value.to_owned()));
        self
    }

    /// With this body: a string as it is, anything else as JSON.
    #[must_use]
    pub fn body(self, body: impl Into<Value>) -> Self {
        Self { body: Some(body.into()), ..self }
    }

    /// With this member; `Value::Null` removes it.
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set.insert(name.to_owned(), value.into());
        self
    }

    /// For so many calls; 0 means until replacements are cleared.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }
}
