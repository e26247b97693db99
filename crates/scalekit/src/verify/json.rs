//! Reads a JSON object and refuses any member that occurs twice, at any depth.
//!
//! serde's own maps keep the last of two and other readers the first (RFC 8259, section 4): a token could
//! mean two things to two programs. RFC 7519, section 4, lets us refuse it.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::VerificationError;

pub(super) fn object(bytes: &[u8]) -> Result<Map<String, Value>, VerificationError> {
    let duplicate = Cell::new(false);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { duplicate: &duplicate }.deserialize(&mut reader);
    match value.and_then(|value| reader.end().map(|()| value)) {
        Ok(Value::Object(members)) => Ok(members),
        _ if duplicate.get() => Err(VerificationError::DuplicateMember),
        _ => Err(VerificationError::Malformed),
    }
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    /// Set before failing: serde's errors are texts, and texts are no interface.
    duplicate: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated members")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self)?;
            if object.insert(name, value).is_some() {
                self.duplicate.set(true);
                return Err(A::Error::custom("a member occurs twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn repeated_members_are_refused_at_any_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"{"x":[{"b":{"c":1,"c":2}}]}"#] {
            assert_eq!(object(text.as_bytes()), Err(VerificationError::DuplicateMember), "{text}");
        }
        assert!(object(br#"{"a":{"b":1},"b":{"a":1}}"#).is_ok());
    }

    #[test]
    fn only_one_whole_object_is_read() {
        for text in ["", "[]", "1", "null", "{", "{}{}", "{} x", r#"{"a":1,}"#, "\u{feff}{}"] {
            assert_eq!(object(text.as_bytes()), Err(VerificationError::Malformed), "{text}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(object(deep.as_bytes()), Err(VerificationError::Malformed));
    }

    proptest! {
        #[test]
        fn every_object_is_read_as_serde_json_reads_it(text in "\\{(\"[ab]\":(1|-2|3.5|\"x\"|null|true|\\[1,\\{\\}\\]),?){0,3}\\}") {
            if let Ok(strict) = object(text.as_bytes()) {
                prop_assert_eq!(Value::Object(strict), serde_json::from_str::<Value>(&text).unwrap());
            }
        }
    }
}
