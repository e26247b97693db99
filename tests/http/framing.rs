//! Requests whose end two readers could see at different places, over raw connections to the real router:
//! each is refused or closed, and nothing that is smuggled behind it is ever answered.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::support::{App, app};

/// Says by its status that it was carried out, and ends the connection then.
const SMUGGLED: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// Everything until the server closes the connection, which it has to do.
async fn answers(app: &App, bytes: &[u8]) -> String {
    let address = app.url.replace("http://localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Refused in the middle of it is refused.
    let _ = stream.write_all(bytes).await;
    let mut text = Vec::new();
    let _ = timeout(Duration::from_secs(20), stream.read_to_end(&mut text)).await.unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

fn statuses(text: &str) -> Vec<&str> {
    text.match_indices("HTTP/1.").filter_map(|(at, _)| text.get(at + 9..at + 12)).collect()
}

/// Whatever reads less of it than all sees [`SMUGGLED`] as a request.
const AMBIGUOUS: &[(&str, &str)] = &[
    ("two lengths", "content-length: 0\r\ncontent-length: 44\r\n"),
    ("a list of lengths", "content-length: 0, 44\r\n"),
    ("a negative length", "content-length: -1\r\n"),
    ("a signed length", "content-length: +0\r\n"),
    ("a length beyond all numbers", "content-length: 99999999999999999999999\r\n"),
    ("a hexadecimal length", "content-length: 0x0\r\n"),
    ("an unknown coding", "transfer-encoding: xchunked\r\n"),
    ("a coding that is not the last", "transfer-encoding: chunked, identity\r\n"),
    ("a space before the colon", "content-length : 0\r\n"),
    ("a folded line", "x-folded: a\r\n content-length: 0\r\n"),
    ("a NUL", "x-nul: a\0b\r\n"),
    ("a bare CR", "x-cr: a\rb\r\n"),
    ("a line without a colon", "content-length 0\r\n"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_with_an_ambiguous_end_is_refused_and_ends_its_connection() {
    let app = app().await;
    for (what, lines) in AMBIGUOUS {
        let request = format!("POST /api/current_session HTTP/1.1\r\nhost: localhost\r\n{lines}\r\n{SMUGGLED}");
        let text = answers(&app, request.as_bytes()).await;
        let statuses = statuses(&text);
        assert!(statuses.is_empty() || statuses == ["400"], "{what}: {statuses:?} {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_length_beside_chunks_smuggles_nothing() {
    let app = app().await;
    let chunks = format!("0\r\n\r\n{SMUGGLED}");
    for (version, lines) in [
        ("1.1", format!("content-length: {}\r\ntransfer-encoding: chunked\r\n", chunks.len())),
        ("1.1", format!("transfer-encoding: chunked\r\ncontent-length: {}\r\n", chunks.len())),
        (
            "1.1",
            format!(
                "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\ncontent-length: {}\r\n",
                chunks.len()
            ),
        ),
        ("1.0", "transfer-encoding: chunked\r\nconnection: keep-alive\r\n".to_owned()),
    ] {
        let head = format!("POST /api/current_session HTTP/{version}\r\nhost: localhost\r\n{lines}\r\n");
        let text = answers(&app, format!("{head}{chunks}").as_bytes()).await;
        assert!(statuses(&text).len() <= 1, "HTTP/{version} {lines}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_whose_size_can_not_be_read_end_the_connection() {
    let app = app().await;
    for size in ["fffffffffffffffff", "-1", "0x0", "g", " 0", ""] {
        let head = "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
        let text = answers(&app, format!("{head}{size}\r\n\r\n{SMUGGLED}").as_bytes()).await;
        let statuses = statuses(&text);
        assert!(statuses.len() <= 1 && !statuses.contains(&"200"), "{size:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_forms_of_requests_reach_nothing_that_the_plain_one_does_not() {
    let app = app().await;
    let of = async |request: &str| answers(&app, request.as_bytes()).await;
    assert!(statuses(&of("GET /healthz\r\n\r\n").await).iter().all(|status| *status == "400"), "HTTP/0.9");
    assert!(
        !of("CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n")
            .await
            .contains(" 200 ")
    );
    let absolute =
        of("GET http://evil.example/auth/login HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    assert!(!absolute.contains("evil"), "{absolute}");
    let many = "x: y\r\n".repeat(5000);
    assert_eq!(statuses(&of(&format!("GET / HTTP/1.1\r\nhost: localhost\r\n{many}\r\n")).await), ["431"]);
    let long = format!("GET /{} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", "a".repeat(100_000));
    let long = of(&long).await;
    assert!(statuses(&long).iter().all(|status| status.starts_with('4')), "{long}");
    assert_eq!(statuses(&of(SMUGGLED).await), ["200"], "a plain request is still answered");
}
