//! The cookie of the emulated Scalekit session.
//!
//! What for: silent sign-in. Cookies of `localhost` are shared between all ports, so the name is the
//! emulator's own, and nothing the app sets can collide with it. Not here: the session (`world::sessions`).
//! Called by: authorize, logout, hosted forms.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::world::sessions::Browser;

const NAME: &str = "scalekit_emulator_session";

/// So much of the header `User-Agent` is remembered, in bytes.
const LONGEST_USER_AGENT: usize = 512;

/// The browser a request comes from: its session cookie, and what it calls itself.
pub(crate) fn browser(headers: &HeaderMap) -> Browser {
    let user_agent = headers.get(header::USER_AGENT).map_or(&b""[..], HeaderValue::as_bytes);
    let mut user_agent = String::from_utf8_lossy(user_agent).into_owned();
    user_agent.truncate(user_agent.floor_char_boundary(LONGEST_USER_AGENT));
    Browser { cookie: read(headers), user_agent }
}

/// The value the browser sent; `None` without one, or with two.
pub(crate) fn read(headers: &HeaderMap) -> Option<String> {
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == NAME)
        .map(|(_, value)| value.to_owned());
    let first = values.next();
    if values.next().is_some() { None } else { first }
}

/// Sets it, until the browser closes.
pub(super) fn write(value: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{NAME}={value}; Path=/; HttpOnly; SameSite=Lax")).ok()
}

/// Removes it, with the attributes it was set with.
pub(super) fn clear() -> HeaderValue {
    HeaderValue::from_static("scalekit_emulator_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_refused_when_doubled() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; scalekit_emulator_session=x; c"));
        assert_eq!(read(&headers).as_deref(), Some("x"));
        headers.append(header::COOKIE, HeaderValue::from_static("scalekit_emulator_session=y"));
        assert_eq!(read(&headers), None);
    }

    #[test]
    fn the_clearing_cookie_has_the_name_of_the_one_that_was_set() {
        assert!(clear().to_str().unwrap().starts_with(&format!("{NAME}=;")));
    }
}
