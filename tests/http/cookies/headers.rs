//! `Cookie` headers in every shape: sizes, bytes, lines, planted names, copies. Beside each the rule of
//! `server::cookies`.

use reqwest::Version;

use super::{in_place, user_with};
use crate::support::{ADA, App, app, raw};

async fn app_and_session() -> (App, String) {
    let app = app().await;
    let session = app.signed_in(ADA).await.cookies["session"].clone();
    (app, session)
}

/// Foreign cookies of so many bytes each, on both sides of the genuine one.
fn crowd(count: usize, bytes: usize, session: &str) -> String {
    let mut pairs: Vec<String> = (0..count).map(|number| format!("c{number:03}={}", "v".repeat(bytes - 5))).collect();
    pairs.insert(count / 2, format!("session={session}"));
    pairs.join("; ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_foreign_cookies_do_not_hide_the_session_until_there_is_too_much_of_them() {
    let (app, session) = app_and_session().await;
    let status = async |bytes| {
        let cookies = in_place(&app, format!("cookie: {}", crowd(60, bytes, &session)).as_bytes());
        raw::send(&app.url, b"GET /dashboard", &[&cookies]).await.status
    };
    assert_eq!(status(50).await, 200);
    assert_eq!(status(400).await, 200, "below 24 KiB: read");
    assert_eq!(status(450).await, 302, "beyond 24 KiB: none is read");
    assert_eq!(status(500).await, 302);
    assert_eq!(status(600).await, 431, "beyond 32 KiB: refused with the connection");
    assert_eq!(
        user_with(&app, &[format!("session={session}").as_bytes()]).await.as_deref(),
        Some(ADA),
        "and nothing else is"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_lines_are_one_list() {
    let (app, session) = app_and_session().await;
    let own = format!("session={session}");
    assert_eq!(user_with(&app, &[b"a=b", own.as_bytes(), b"c=d"]).await.as_deref(), Some(ADA));
    assert_eq!(user_with(&app, &[own.as_bytes(), b"session=planted"]).await, None, "two of one name, in two lines");
    assert_eq!(user_with(&app, &[b"", b";", own.as_bytes(), b";;;"]).await.as_deref(), Some(ADA));
    let many: Vec<Vec<u8>> = (0..70).map(|number| format!("c{number}={}", "v".repeat(380)).into_bytes()).collect();
    let mut lines: Vec<&[u8]> = many.iter().map(Vec::as_slice).collect();
    lines.push(own.as_bytes());
    assert_eq!(user_with(&app, &lines).await, None, "24 KiB are counted over all lines");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_sends_a_line_for_each_cookie() {
    let (app, session) = app_and_session().await;
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .resolve("localhost", address)
        .http2_prior_knowledge()
        .build()
        .unwrap();
    for (lines, expected) in [
        (vec!["a=b".to_owned(), format!("session={session}"), "c=d".to_owned()], 200),
        (vec![format!("session={session}"), "session=x".to_owned()], 302),
        (vec!["a=b".to_owned()], 302),
    ] {
        let request = client.get(format!("{}/dashboard", app.url));
        let request =
            lines.iter().fold(request, |request, line| request.header("cookie", in_place(&app, line.as_bytes())));
        let answer = request.send().await.unwrap();
        assert_eq!((answer.version(), answer.status().as_u16()), (Version::HTTP_2, expected), "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_beyond_ascii_in_other_cookies_neither_fail_nor_hide_the_session() {
    let (app, session) = app_and_session().await;
    let own = format!("session={session}");
    for foreign in [
        b"x=\xff\xfe".as_slice(),
        b"caf\xc3\xa9=1",
        b"\xe2\x80\x8bsession=planted",
        b"session\xc2\xa0=planted",
        b"session=\xc3\xa9",
        b"\xff",
        b"=\xff",
        b"x=\x80\x81\x82; y=\xc3",
        b"\xef\xbb\xbfsession=planted",
    ] {
        for header in [[foreign, b"; ", own.as_bytes()].concat(), [own.as_bytes(), b"; ", foreign].concat()] {
            assert_eq!(user_with(&app, &[&header]).await.as_deref(), Some(ADA), "{foreign:?}");
        }
        assert_eq!(user_with(&app, &[foreign]).await, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_no_header_is_no_request() {
    let (app, session) = app_and_session().await;
    for control in [b"\0", b"\x01", b"\x1f", b"\x7f"] {
        let line = [b"cookie: x=".as_slice(), control, b"; session=", session.as_bytes()].concat();
        let answer = raw::send(&app.url, b"GET /dashboard", &[&line]).await;
        assert_eq!(answer.status, 400, "{control:?}");
    }
    let folded = [b"cookie: a=b;\r\n session=".as_slice(), session.as_bytes()].concat();
    assert_eq!(raw::send(&app.url, b"GET /dashboard", &[&folded]).await.status, 400, "a folded line");
}

/// What a sibling site or a script may plant in the hope that it is taken for the session. `S` stands for a
/// genuine one.
const PLANTED: &[&str] = &[
    "%73ession=S",
    "sessio%6e=S",
    "%73%65%73%73%69%6f%6e=S",
    "sess%69on=S",
    "%2573ession=S",
    "session%3DS",
    "session%20=S",
    "%20session=S",
    "session%00=S",
    "session%09=S",
    "Session=S",
    "SESSION=S",
    "sEssion=S",
    "session =S",
    "session\t=S",
    "session= S",
    "session=\tS",
    "session=S x",
    "session=\"S\"",
    "session='S'",
    "session=\"S",
    "session=S\"",
    "\"session\"=S",
    "'session'=S",
    "=session=S",
    "==session=S",
    "=S",
    "session",
    "session=",
    "session==S",
    "session=S=",
    "session=S==",
    "session=S,x=y",
    "x=y,session=S",
    "session=S, x=y",
    "session:S",
    "session=S:",
    "session=S\\",
    "__Host-session=S",
    "__Secure-session=S",
    "__host-session=S",
    "__Http-session=S",
    "__Host-=S",
    "%5F%5FHost-session=S",
    "$Version=1; Session=S",
    "$Version=1, session=S",
    "$session=S",
    "session$=S",
    "session[]=S",
    "session[0]=S",
    "session.=S",
    ".session=S",
    "session.x=S",
    "session/=S",
    "/session=S",
    "session{}=S",
    "(session)=S",
    "<session>=S",
    "@session=S",
    "session?=S",
    "session\\=S",
    "xsession=S",
    "sessions=S",
    "ession=S",
    "session=%53",
    "session=%S",
    "session=S%00",
    "session=S%20",
    "session=S%",
    "session=+S",
    "session=S+",
    "session=-S",
    "session=S-S",
    "session=.S",
    "session=S.S",
    "session=SS",
    "session=S/",
    "session=S~",
    "session=0S",
    "SameSite=S",
    "Path=/; Session=S",
    "Domain=session=S",
    "session\u{200b}=S",
    "s\u{435}ssion=S",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_planted_spelling_is_taken_for_the_session() {
    let (app, session) = app_and_session().await;
    assert!(PLANTED.len() >= 60);
    for planted in PLANTED {
        let planted = planted.replace("=S", &format!("={session}")).replace("DS", &format!("D{session}"));
        assert_eq!(user_with(&app, &[planted.as_bytes()]).await, None, "{planted}");
    }
}

/// Whether the pair counts as one named `session` by rule 2, so that it spoils the genuine one by rule 4.
fn is_a_copy(planted: &str) -> bool {
    let Some(value) = planted.strip_prefix("session=") else { return false };
    !value.contains(['%', '"', ' ', '\t', ',', '\\', ';'])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_cookie_beside_the_genuine_one_changes_nothing_unless_it_is_a_plain_copy() {
    let (app, session) = app_and_session().await;
    let own = format!("session={session}");
    let mut copies = 0;
    for planted in PLANTED {
        let expected = if is_a_copy(planted) { None } else { Some(ADA) };
        copies += usize::from(expected.is_none());
        for header in [format!("{planted}; {own}"), format!("{own}; {planted}"), format!("{planted};{own};{planted}")] {
            assert_eq!(user_with(&app, &[header.as_bytes()]).await.as_deref(), expected, "{header}");
        }
    }
    assert!(copies >= 10);
    for separator in [";", " ; ", ";\t", ";;", "; ;"] {
        let header = format!("a=b{separator}{own}{separator}c=d");
        assert_eq!(user_with(&app, &[header.as_bytes()]).await.as_deref(), Some(ADA), "{separator:?}");
    }
    for separator in [",", ", ", " ", "&", "|"] {
        let header = format!("{own}{separator}c=d");
        assert_eq!(user_with(&app, &[header.as_bytes()]).await, None, "{separator:?} divides nothing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overlong_name_or_value_is_foreign() {
    let (app, session) = app_and_session().await;
    let own = format!("session={session}");
    let long = "s".repeat(20_000);
    for foreign in [format!("{long}=x"), format!("x={long}"), format!("session{long}=x")] {
        assert_eq!(user_with(&app, &[format!("{foreign}; {own}").as_bytes()]).await.as_deref(), Some(ADA));
    }
    assert_eq!(user_with(&app, &[format!("session={long}").as_bytes()]).await, None);
}
