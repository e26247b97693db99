//! A strict reader for `application/x-www-form-urlencoded` queries.
//!
//! Stricter than the URL standard on purpose: the lenient readers keep broken escapes as text and replace
//! bytes that are not UTF-8, so two programs can see different values. That matters wherever somebody acts on
//! a value, so not for prose. Not here: what the parameters mean (`mod.rs`).

use url::form_urlencoded;

use super::CallbackError;

/// In bytes, still encoded. Real callbacks have a few hundred.
const MAX_QUERY: usize = 8 * 1024;
/// In bytes, decoded.
const MAX_VALUE: usize = 2 * 1024;

/// In characters. What is kept of prose.
const MAX_PROSE: usize = 1024;

/// Parameters that people write and nobody acts on. What an identity provider says of an error may be long,
/// or in another encoding; that must not hide the error itself.
const PROSE: [&str; 2] = ["error_description", "error_uri"];

/// What a query says.
pub(super) struct Parameters<const N: usize> {
    /// The values of the known parameters, in their order; empty ones are `None`.
    pub(super) values: [Option<String>; N],
    /// What is wrong with [`PROSE`]; the values hold its start, as far as it can be read.
    pub(super) prose: Result<(), CallbackError>,
}

pub(super) fn read<const N: usize>(raw: &str, known: &[&'static str; N]) -> Result<Parameters<N>, CallbackError> {
    if raw.len() > MAX_QUERY {
        return Err(CallbackError::TooLong);
    }
    let (mut found, mut prose) = ([const { None }; N], Ok(()));
    for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name)?, decode(value));
        let Some((slot, &name)) = found.iter_mut().zip(known).find(|(_, known)| **known == name) else {
            value?;
            continue;
        };
        let value =
            value.and_then(|value| if value.len() > MAX_VALUE { Err(CallbackError::TooLong) } else { Ok(value) });
        let value = match value {
            Err(problem) if PROSE.contains(&name) => {
                prose = Err(problem);
                start_of(pair)
            }
            value => value?,
        };
        if slot.replace(value).is_some() {
            return Err(CallbackError::Repeated(name));
        }
    }
    Ok(Parameters { values: found.map(|value| value.filter(|value| !value.is_empty())), prose })
}

/// The start of a pair's value, with marks where it can't be read.
fn start_of(pair: &str) -> String {
    let read = form_urlencoded::parse(pair.as_bytes()).next();
    read.map(|(_, value)| value.chars().take(MAX_PROSE).collect()).unwrap_or_default()
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
