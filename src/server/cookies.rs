//! The three cookies: their names, attributes and how they are read. Not here: what the values mean.
//!
//! The `Cookie` header is cleaned before anything parses it, because the parser behind `tower-cookies`
//! decodes percent-encoded names: `%5F%5FHost-session=x`, which any page of a sibling host may plant, would
//! be read as `__Host-session`. What is read, as rules:
//!
//! 1. All `Cookie` lines of a request are one list, divided by `;` alone. HTTP/2 sends several.
//! 2. A pair counts if its name is a token and its value is made of cookie octets (RFC 6265 §4.1.1), both
//!    without `%`: no quotes, spaces, commas, control characters or bytes beyond ASCII. Any other pair is as
//!    if it had not been sent, and changes nothing for the rest.
//! 3. Names are compared exactly: `Session` and `__host-session` are foreign cookies, and so is `session`
//!    over https.
//! 4. Of a name that counts twice, neither is used: nobody can tell which of the two was planted.
//! 5. Of more than 24 KiB of cookies none is read, and the request is anonymous. A request head of more than
//!    32 KiB is refused with 431 before it gets here (`serve::connection`).
//! 6. A session's identifier has one spelling. One that the server did not make itself leads to no session,
//!    and a sign-in never takes over an identifier that the browser brought.
//! 7. Of more than five login attempts, those that these keys can't open go first, then the oldest.
//! 8. What stands under the session's name and is no identifier of ours is ignored and stays: it may be
//!    somebody else's.
//!
//! Cookies know no ports: over http, where several projects share `localhost`, the names carry the project
//! and the port, as in `session.leptos-scalekit.3000`. Over https a host is one site's, and `__Host-` is
//! worth more.

use std::collections::HashMap;

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use scalekit_sessions::SessionId;
use tower_cookies::{Cookie, Cookies, cookie::SameSite};
use url::Url;

/// Longer values of our cookies are not looked at.
const MAX_VALUE_LENGTH: usize = 4096;

/// In bytes: of more cookies none is read. Browsers would keep more for a site; with the rest of a head they
/// have to fit into one.
const MAX_HEADER_LENGTH: usize = 24 * 1024;

/// The project's name, which `cargo generate` and `scripts/start-project.sh` change.
const PROJECT: &str = env!("CARGO_PKG_NAME");

/// Names and attributes of our cookies, which depend on whether the site is served over https.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieJar {
    /// The port of a site that is served over plain http.
    plain_port: Option<u16>,
}

/// What a request says about a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionCookie {
    /// No session cookie.
    Absent,
    /// Exactly one, well-formed.
    Valid(SessionId),
    /// Malformed, or more than one: neither is used.
    Invalid,
}

impl CookieJar {
    /// The cookies of the site at this public address.
    #[must_use]
    pub fn of(app_url: &Url) -> Self {
        let port = || app_url.port_or_known_default().unwrap_or_default();
        Self { plain_port: (app_url.scheme() != "https").then(port) }
    }

    /// The session cookie's name.
    #[must_use]
    pub fn session_name(self) -> String {
        self.name("session")
    }

    /// The name of the cookie that remembers a sign-out on its way by Scalekit.
    fn sign_out_name(self) -> String {
        self.name("sign-out")
    }

    /// What a login attempt's cookie name begins with; eight characters of its `state` follow.
    #[must_use]
    pub fn attempt_prefix(self) -> String {
        self.name("login") + "."
    }

    fn name(self, kind: &str) -> String {
        match self.plain_port {
            None => format!("__Host-{kind}"),
            Some(port) => format!("{kind}.{PROJECT}.{port}"),
        }
    }

    /// Reads the session cookie.
    #[must_use]
    pub fn session(self, cookies: &Cookies) -> SessionCookie {
        let name = self.session_name();
        let found: Vec<_> = cookies.list().into_iter().filter(|cookie| cookie.name() == name).collect();
        match found.as_slice() {
            [] => SessionCookie::Absent,
            [cookie] => SessionId::parse(cookie.value()).map_or(SessionCookie::Invalid, SessionCookie::Valid),
            _ => SessionCookie::Invalid,
        }
    }

    /// Gives the browser a session, to be kept for `lifetime` at most; the server decides when it ends.
    pub fn set_session(self, cookies: &Cookies, id: &SessionId, lifetime: std::time::Duration) {
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        cookies.add(self.cookie(self.session_name(), id.to_cookie_value(), seconds));
    }

    /// Takes the session cookie from the browser.
    pub fn clear_session(self, cookies: &Cookies) {
        self.clear(cookies, self.session_name());
    }

    /// The login attempts that the browser holds, as name and value.
    #[must_use]
    pub fn attempts(self, cookies: &Cookies) -> Vec<(String, String)> {
        let prefix = self.attempt_prefix();
        cookies
            .list()
            .into_iter()
            .filter(|cookie| cookie.name().starts_with(&prefix) && cookie.value().len() <= MAX_VALUE_LENGTH)
            .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
            .collect()
    }

    /// Gives the browser a login attempt.
    pub fn set_attempt(self, cookies: &Cookies, name: String, value: String, seconds: i64) {
        cookies.add(self.cookie(name, value, seconds));
    }

    /// The `state` of the sign-out that the browser is on.
    #[must_use]
    pub fn sign_out(self, cookies: &Cookies) -> Option<String> {
        cookies.get(&self.sign_out_name()).map(|cookie| cookie.value().to_owned())
    }

    /// Has the browser remember the `state` of a sign-out.
    pub fn set_sign_out(self, cookies: &Cookies, state: String, seconds: i64) {
        cookies.add(self.cookie(self.sign_out_name(), state, seconds));
    }

    /// Takes one cookie of ours from the browser.
    pub fn clear(self, cookies: &Cookies, name: String) {
        cookies.add(self.cookie(name, String::new(), 0));
    }

    /// `Lax`, not `Strict`: the first request after the provider's redirect must carry them (scalekit-api
    /// §16).
    fn cookie(self, name: String, value: String, seconds: i64) -> Cookie<'static> {
        let age = tower_cookies::cookie::time::Duration::seconds(seconds);
        Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .secure(self.plain_port.is_none())
            .same_site(SameSite::Lax)
            .max_age(age)
            .build()
    }
}

/// Keeps only pairs whose raw name and value are plain ASCII, and drops every copy of a name that occurs
/// twice.
///
/// Other cookies may hold any bytes: they must neither hide ours nor become ours.
pub async fn keep_plain_cookies(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    let sent = headers.get_all(header::COOKIE);
    let size: usize = sent.iter().map(HeaderValue::len).sum();
    let plain = if size > MAX_HEADER_LENGTH { Vec::new() } else { plain_pairs(sent.iter().map(HeaderValue::as_bytes)) };
    headers.remove(header::COOKIE);
    if let Ok(value) = HeaderValue::from_bytes(&plain)
        && !plain.is_empty()
    {
        headers.insert(header::COOKIE, value);
    }
    next.run(request).await
}

fn plain_pairs<'a>(headers: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let pairs: Vec<(&[u8], &[u8])> = headers
        .flat_map(|header| header.split(|byte| *byte == b';'))
        .filter_map(|pair| {
            let pair = pair.trim_ascii();
            let equals = pair.iter().position(|byte| *byte == b'=')?;
            Some((&pair[..equals], &pair[equals + 1..]))
        })
        .filter(|(name, value)| is_token(name) && value.iter().all(|byte| is_cookie_octet(*byte)))
        .collect();
    let mut copies: HashMap<&[u8], usize> = HashMap::new();
    for (name, _) in &pairs {
        *copies.entry(name).or_default() += 1;
    }
    let kept: Vec<Vec<u8>> = pairs
        .iter()
        .filter(|(name, _)| copies.get(name) == Some(&1))
        .map(|(name, value)| [name, b"=".as_slice(), value].concat())
        .collect();
    kept.join(b"; ".as_slice())
}

/// RFC 6265 §4.1.1 names are RFC 9110 tokens; `%` is one but would be decoded behind us.
fn is_token(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(byte))
}

/// RFC 6265 §4.1.1 `cookie-octet`, less `%` for the same reason.
fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23 | 0x24 | 0x26..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(headers: &[&[u8]]) -> String {
        String::from_utf8(plain_pairs(headers.iter().copied())).unwrap()
    }

    #[test]
    fn an_encoded_name_never_becomes_ours() {
        assert_eq!(plain(&[b"%5F%5FHost-session=x; __Host%2Dsession=y; a=b"]), "a=b");
    }

    #[test]
    fn foreign_bytes_do_not_hide_our_cookie() {
        assert_eq!(plain(&[b"caf\xc3\xa9=1; x=\xff\xfe; session=abc; broken; =y; q=\"1\""]), "session=abc");
    }

    #[test]
    fn two_cookies_of_one_name_are_both_dropped_even_across_headers() {
        assert_eq!(plain(&[b"session=a; b=c; session=d"]), "b=c");
        assert_eq!(plain(&[b"session=a", b"session=d; b=c"]), "b=c");
    }

    #[test]
    fn cookies_are_host_only_and_secure_unless_served_over_plain_http() {
        let cookies = Cookies::default();
        let jar = CookieJar::of(&"https://app.example.com".parse().unwrap());
        let id = SessionId::generate().unwrap();
        jar.set_session(&cookies, &id, std::time::Duration::from_secs(60));
        let text = cookies.get("__Host-session").unwrap().to_string();
        for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=60"] {
            assert!(text.contains(attribute), "{text}");
        }
        assert!(!text.contains("Domain"), "{text}");
        let plain = CookieJar::of(&"http://localhost:3000".parse().unwrap());
        assert!(!plain.cookie(plain.session_name(), String::new(), 1).to_string().contains("Secure"));
        assert_eq!(jar.session(&cookies), SessionCookie::Valid(id));
    }

    #[test]
    fn over_http_each_port_has_cookies_of_its_own() {
        let jar = |url: &str| CookieJar::of(&url.parse().unwrap());
        assert_eq!(jar("http://localhost:3000").session_name(), format!("session.{PROJECT}.3000"));
        assert_eq!(jar("http://localhost").attempt_prefix(), format!("login.{PROJECT}.80."));
        assert_eq!(jar("https://localhost:8443").session_name(), "__Host-session");
        let cookies = Cookies::default();
        jar("http://localhost:3000").set_session(&cookies, &SessionId::generate().unwrap(), std::time::Duration::ZERO);
        assert_eq!(jar("http://localhost:4000").session(&cookies), SessionCookie::Absent);
    }

    proptest! {
        #[test]
        fn any_header_is_survived_and_leaves_plain_ascii(header: Vec<u8>) {
            let kept = plain_pairs([header.as_slice()].into_iter());
            prop_assert!(kept.is_ascii() && !kept.contains(&b'%'));
        }
    }
}
