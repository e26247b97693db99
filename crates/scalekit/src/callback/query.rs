//! A strict reader for `application/x-www-form-urlencoded` queries.
//!
//! Stricter than the URL standard on purpose: the lenient readers keep broken escapes as text and replace bytes that
//! are not UTF-8, so two programs can see different values. Not here: what the parameters mean (`mod.rs`).

use super::CallbackError;

/// In bytes, still encoded. Real callbacks have a few hundred.
const MAX_QUERY: usize = 8 * 1024;
/// In bytes, decoded.
const MAX_VALUE: usize = 2 * 1024;

/// The values of the `known` parameters, in their order; empty ones are `None`.
pub(super) fn read<const N: usize>(raw: &str, known: &[&'static str; N]) -> Result<[Option<String>; N], CallbackError> {
    if raw.len() > MAX_QUERY {
        return Err(CallbackError::TooLong);
    }
    let mut found = [const { None }; N];
    for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name)?, decode(value)?);
        let Some((slot, &name)) = found.iter_mut().zip(known).find(|(_, known)| **known == name) else {
            continue;
        };
        if value.len() > MAX_VALUE {
            return Err(CallbackError::TooLong);
        }
        if slot.replace(value).is_some() {
            return Err(CallbackError::Repeated(name));
        }
    }
    Ok(found.map(|value| value.filter(|value| !value.is_empty())))
}

fn decode(text: &str) -> Result<String, CallbackError> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = hex_digit(bytes.next())?;
                high << 4 | hex_digit(bytes.next())?
            }
            other => other,
        });
    }
    String::from_utf8(decoded).map_err(|_| CallbackError::Encoding)
}

fn hex_digit(byte: Option<u8>) -> Result<u8, CallbackError> {
    match byte {
        Some(digit @ b'0'..=b'9') => Ok(digit - b'0'),
        Some(digit @ b'a'..=b'f') => Ok(digit - b'a' + 10),
        Some(digit @ b'A'..=b'F') => Ok(digit - b'A' + 10),
        _ => Err(CallbackError::Encoding),
    }
}
