//! Clean cookies, and a site's own: how the `Cookie` header is read, and what names and attributes keep a
//! cookie from being planted or stolen. Not here: what the values mean.
//!
//! The header is cleaned before anything parses it, because parsers decode percent-encoded names (`cookie`,
//! and with it `tower-cookies`): `%5F%5FHost-session=x`, which any page of a sibling host may plant, would be
//! read as `__Host-session`. What is read, as rules:
//!
//! 1. All `Cookie` lines of a request are one list, divided by `;` alone. HTTP/2 sends several.
//! 2. A pair counts if its name is a token and its value is made of cookie octets (RFC 6265 §4.1.1), both
//!    without `%`: no quotes, spaces, commas, control characters or bytes beyond ASCII. Any other pair is as
//!    if it had not been sent, and changes nothing for the rest.
//! 3. Names are compared exactly: `Session` and `__host-session` are foreign cookies, and so is `session`
//!    over https.
//! 4. Of a name that counts twice, neither is used: nobody can tell which of the two was planted.
//! 5. Of more than 24 KiB of cookies none is read, and the request is anonymous. A request head of more than
//!    32 KiB is refused with 431 before it gets here ([`serve`](crate::serve)).
//!
//! Cookies know no ports: over http, where several projects share `localhost`, the names carry the project
//! and the port, as in `session.my-app.3000`. Over https a host is one site's, and `__Host-` is worth more.

use std::{collections::HashMap, time::Duration};

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use cookie::{Cookie, SameSite};
use url::Url;

/// In bytes: of more cookies none is read. Browsers would keep more for a site; with the rest of a head they
/// have to fit into one.
const MAX_HEADER_LENGTH: usize = 24 * 1024;

/// Names and attributes of a site's own cookies, which depend on whether it is served over https.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteCookies {
    project: &'static str,
    /// The port of a site that is served over plain http.
    plain_port: Option<u16>,
}

impl SiteCookies {
    /// The cookies of the site at this public address. The project's name tells them from other projects' on
    /// a developer's machine.
    #[must_use]
    pub fn of(site: &Url, project: &'static str) -> Self {
        let port = || site.port_or_known_default().unwrap_or_default();
        Self { project, plain_port: (site.scheme() != "https").then(port) }
    }

    /// The name of a cookie of this kind.
    #[must_use]
    pub fn name(self, kind: &str) -> String {
        match self.plain_port {
            None => format!("__Host-{kind}"),
            Some(port) => format!("{kind}.{}.{port}", self.project),
        }
    }

    /// A cookie that scripts can't read, that no other host gets, and that the browser keeps for so long.
    /// `Lax`, not `Strict`: the first request after another site's redirect must carry it.
    #[must_use]
    pub fn cookie(self, name: String, value: String, lifetime: Duration) -> Cookie<'static> {
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .secure(self.plain_port.is_none())
            .same_site(SameSite::Lax)
            .max_age(cookie::time::Duration::seconds(seconds))
            .build()
    }

    /// What takes a cookie of this name from the browser.
    #[must_use]
    pub fn cleared(self, name: String) -> Cookie<'static> {
        self.cookie(name, String::new(), Duration::ZERO)
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
    fn cookies_are_the_hosts_alone_and_over_http_the_projects_and_the_ports() {
        let cookies = |url: &str| SiteCookies::of(&url.parse().unwrap(), "my-app");
        let https = cookies("https://localhost:8443");
        assert_eq!(https.name("session"), "__Host-session");
        let text = https.cookie(https.name("session"), "x".to_owned(), Duration::from_secs(60)).to_string();
        assert_eq!(text, "__Host-session=x; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
        let http = cookies("http://localhost");
        assert_eq!(http.name("session"), "session.my-app.80");
        assert_eq!(http.cleared("a".to_owned()).to_string(), "a=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
    }

    proptest! {
        #[test]
        fn any_header_is_survived_and_leaves_plain_ascii(header: Vec<u8>) {
            let kept = plain_pairs([header.as_slice()].into_iter());
            prop_assert!(kept.is_ascii() && !kept.contains(&b'%'));
        }
    }
}
