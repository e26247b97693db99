//! Cookie headers, through the very layers that stand before every page: what is kept is plain and stood
//! there literally, once; a session cookie that was sent once is found exactly, and nothing else ever is.
//!
//! Input: the headers, one a line.

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, header},
    middleware::from_fn,
    routing::get,
};
use axum_hardening::cookies::keep_plain_cookies;
use leptos_scalekit::server::cookies::{CookieJar, SessionCookie};
use scalekit_sessions::SessionId;
use tower::ServiceExt as _;
use tower_cookies::{CookieManagerLayer, Cookies};

/// More than this is not read.
const MOST: usize = 64 * 1024;

/// What the application sees.
struct Seen {
    header: Vec<u8>,
    sessions: [SessionCookie; 2],
    attempts: [Vec<(String, String)>; 2],
}

/// Over https, and over http on a developer's machine.
fn jars() -> [CookieJar; 2] {
    ["https://app.example.com", "http://localhost:3000"].map(|url| CookieJar::of(&url.parse().unwrap()))
}

/// The property.
pub fn check(input: &[u8]) {
    let headers: Vec<HeaderValue> =
        input.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    let sent = plain_pairs(&headers);
    let seen = see(&headers);

    let kept: Vec<&[u8]> = seen.header.split(|byte| *byte == b';').map(<[u8]>::trim_ascii).collect();
    let expected: Vec<Vec<u8>> = sent
        .iter()
        .filter(|(name, _)| sent.iter().filter(|(other, _)| other == name).count() == 1)
        .map(|(name, value)| [name, b"=".as_slice(), value].concat())
        .collect();
    assert_eq!(kept.into_iter().filter(|pair| !pair.is_empty()).collect::<Vec<_>>(), expected);

    for ((jar, session), attempts) in jars().into_iter().zip(seen.sessions).zip(seen.attempts) {
        let ours: Vec<_> = sent.iter().filter(|(name, _)| *name == jar.session_name().as_bytes()).collect();
        match (session, ours.as_slice()) {
            (SessionCookie::Absent, []) => {}
            (SessionCookie::Absent, several) => assert!(several.len() > 1, "a session is overlooked"),
            (SessionCookie::Valid(id), [(_, value)]) => {
                assert_eq!(id.to_cookie_value().as_bytes(), *value, "a session is found that was not sent");
            }
            (SessionCookie::Invalid, [(_, value)]) => {
                let value = std::str::from_utf8(value).unwrap();
                assert!(SessionId::parse(value).is_none(), "a right session is refused");
            }
            (found, sent) => panic!("{found:?} of {} cookies", sent.len()),
        }
        for (name, value) in attempts {
            let literally = sent.contains(&(name.as_bytes(), value.as_bytes()));
            assert!(name.starts_with(&jar.attempt_prefix()) && literally, "{name} was not sent");
        }
    }
}

/// RFC 6265, section 4.1.1, without the percent sign: pairs as they stand in the headers.
fn plain_pairs(headers: &[HeaderValue]) -> Vec<(&[u8], &[u8])> {
    if headers.iter().map(HeaderValue::len).sum::<usize>() > MOST {
        return Vec::new();
    }
    let mut pairs = Vec::new();
    for pair in headers.iter().flat_map(|header| header.as_bytes().split(|byte| *byte == b';')) {
        let pair = pair.trim_ascii();
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else { continue };
        let separators = b"()<>@,;:\\\"/[]?={} \t%";
        let token = |byte: &u8| byte.is_ascii_graphic() && !separators.contains(byte);
        let octet = |byte: &u8| byte.is_ascii_graphic() && !b"\",;\\%".contains(byte);
        if !name.is_empty() && name.iter().all(token) && value.iter().all(octet) {
            pairs.push((name, value));
        }
    }
    pairs
}

/// Sends a request with these headers through the layers.
fn see(headers: &[HeaderValue]) -> Seen {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    let handler = move |cookies: Cookies, request: Request<Body>| {
        let sender = sender.clone();
        async move {
            let header =
                request.headers().get(header::COOKIE).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
            let (sessions, attempts) =
                (jars().map(|jar| jar.session(&cookies)), jars().map(|jar| jar.attempts(&cookies)));
            let _ = sender.send(Seen { header, sessions, attempts });
        }
    };
    let router =
        Router::new().route("/", get(handler)).layer(CookieManagerLayer::new()).layer(from_fn(keep_plain_cookies));
    let mut request = Request::new(Body::empty());
    for value in headers {
        request.headers_mut().append(header::COOKIE, value.clone());
    }
    RUNTIME.with(|runtime| runtime.block_on(router.oneshot(request))).unwrap();
    receiver.recv().unwrap()
}
