//! Members of JSON objects that come from Scalekit's API and webhooks, read tolerantly.
//!
//! Unset strings arrive as `""` or not at all, unset objects as `null` (REST reference). All of it, and any
//! other type, is absent here: one odd member must not cost the rest. Not for tokens, whose claims are judged
//! by [`crate::verify`]. Used by [`crate::webhooks`] and [`crate::management`].

use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Reads an object into a structure. serde alone would read a list as well, its items as members in the order
/// of the source.
pub(crate) fn of_object<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    match body.trim_ascii_start() {
        [b'{', ..] => serde_json::from_slice(body),
        _ => Err(serde_json::Error::custom("not an object")),
    }
}

/// A non-empty string.
pub(crate) fn text(object: &Value, name: &str) -> Option<String> {
    object.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// RFC 3339 with any number of fractional digits, as Unix seconds: the whole second before it.
pub(crate) fn time(object: &Value, name: &str) -> Option<i64> {
    OffsetDateTime::parse(&text(object, name)?, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}
