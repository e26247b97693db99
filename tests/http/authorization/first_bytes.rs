//! What is sent before anything else: the decision comes first, and an answer that refuses holds nothing of
//! the page.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{assert_shows_nothing, protected_pages};
use crate::support::{ADA, Trouble, TroubledStore, app, app_with_store, raw};

/// Everything the server sends, in the pieces in which it arrives.
async fn pieces(origin: &str, path: &str, cookie: Option<&str>) -> Vec<String> {
    let port = origin.rsplit(':').next().unwrap();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    let cookie = cookie.map(|cookie| format!("cookie: {cookie}\r\n")).unwrap_or_default();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\naccept: text/html\r\nconnection: close\r\n{cookie}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut pieces, mut buffer) = (Vec::new(), vec![0; 512]);
    loop {
        let length = stream.read(&mut buffer).await.unwrap();
        if length == 0 {
            return pieces;
        }
        pieces.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_bytes_for_those_who_may_not_see_a_page_hold_nothing_of_it() {
    let app = app().await;
    let ended = app.signed_in(ADA).await.cookie_header();
    app.advance(31 * 24 * 3600);
    for path in protected_pages() {
        for cookie in [None, Some(ended.as_str())] {
            let pieces = pieces(&app.url, path, cookie).await;
            assert!(pieces[0].starts_with("HTTP/1.1 302 "), "{path}: {}", pieces[0]);
            let all = pieces.concat();
            assert!(all.ends_with("\r\n\r\n") && !all.contains('<'), "{path}: {all}");
            assert_shows_nothing(&all, path);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_nobody_can_tell_who_asks_nothing_of_a_page_is_sent() {
    let store = TroubledStore::new();
    let app = app_with_store(store.clone()).await;
    let cookie = format!("cookie: {}", app.signed_in(ADA).await.cookie_header());
    store.be(Trouble::Down);
    for path in protected_pages() {
        let answer = raw::send(&app.url, format!("GET {path}").as_bytes(), &[cookie.as_bytes()]).await;
        assert_eq!(answer.status, 503, "{path}");
        assert_shows_nothing(&answer.body, path);
    }
}
