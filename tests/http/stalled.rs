//! Clients that hold what they do not use: whoever makes no progress is cut off, whoever does is not, and
//! nobody has all places. The limits of time are short here. Many such clients at once:
//! `tests/processes/hostile.rs`.

use std::{net::SocketAddr, time::Duration};

use axum_hardening::serve::ServeLimits;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::{Instant, timeout},
};

use crate::{
    serving::{LIMITS, LONGEST_WAIT, REQUEST, answer, rest, start},
    support::{frames, until},
};

/// Longer than any test goes on.
const NEVER: Duration = Duration::from_secs(3600);

/// Only the time without progress is short.
fn impatient() -> ServeLimits {
    ServeLimits { idle: NEVER, head: NEVER, stalled: Duration::from_secs(1), ..LIMITS }
}

async fn connect_from(host: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, host], 0))).unwrap();
    socket.connect(to).await.unwrap()
}

/// Waits until the server has closed a connection whose answers nobody takes.
async fn is_closed(mut stream: TcpStream) {
    let closed = async {
        // Pings, which it takes as long as it is there (RFC 9113, section 6.7).
        while stream.write_all(b"\0\0\x08\x06\0\0\0\0\0pingpong").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LONGEST_WAIT, closed).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_http_2_answer_that_is_handed_over_whole_and_never_taken_ends_its_connection() {
    let running = start(impatient(), None).await;
    let begun = Instant::now();
    let stream = running.send(&[frames::beginning_without_room(), frames::request(1, "/")].concat()).await;
    is_closed(stream).await;
    assert!(begun.elapsed() >= impatient().stalled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_client_that_takes_something_again_and_again_gets_all_of_it() {
    let running = start(impatient(), None).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 * 1024).unwrap();
    let mut stream = socket.connect(running.address).await.unwrap();
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let begun = Instant::now();
    let mut piece = vec![0; 64 * 1024];
    while begun.elapsed() < impatient().stalled * 4 {
        // Its time is never over.
        timeout(LONGEST_WAIT, stream.read_exact(&mut piece)).await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_takes_long_is_not_the_clients_fault() {
    let running = start(impatient(), None).await;
    let mut stream = running.send(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    running.slow_has_begun().await;
    tokio::time::sleep(impatient().stalled * 2).await;
    running.go_on.add_permits(1);
    assert!(answer(&mut stream).await.ends_with("slow"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_stops_in_the_middle_ends_its_connection() {
    let running = start(impatient(), None).await;
    let mut stream = running.send(b"POST /length HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n12345").await;
    assert_eq!(rest(&mut stream).await, "");
    let mut stream = running.send(b"POST /length HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\n12345").await;
    assert!(answer(&mut stream).await.ends_with('5'));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfinished_head_has_its_time_on_a_connection_that_was_kept_too() {
    let limits = || ServeLimits { idle: NEVER, stalled: NEVER, ..LIMITS };
    let running = start(limits(), None).await;
    let mut idle = running.send(REQUEST).await;
    assert!(answer(&mut idle).await.ends_with("quick"));

    let mut kept = running.send(REQUEST).await;
    assert!(answer(&mut kept).await.ends_with("quick"));
    kept.write_all(b"GET / HTTP/1.1\r\nx: ").await.unwrap();
    assert_eq!(rest(&mut kept).await, "");

    // On HTTP/2, where what is small may be something else.
    let beginning = [frames::beginning_without_room(), frames::request(1, "/nothing")].concat();
    let mut kept = running.send(&beginning).await;
    let mut received = Vec::new();
    while !frames::kinds(&received).contains(&(1, 1)) {
        timeout(LONGEST_WAIT, kept.read_buf(&mut received)).await.unwrap().unwrap();
    }
    kept.write_all(&frames::unfinished_request(3, &["/", &"a".repeat(5000)].concat())).await.unwrap();
    rest(&mut kept).await;

    // One that says nothing may go on to do so.
    idle.write_all(REQUEST).await.unwrap();
    assert!(answer(&mut idle).await.ends_with("quick"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_client_has_a_share_of_the_connections_and_its_idle_ones_make_room() {
    let running = start(ServeLimits { connections: 16, idle: NEVER, head: NEVER, ..LIMITS }, None).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(running.send(b"GET /slow HTTP/1.1\r\n\r\n").await);
        running.slow_has_begun().await;
    }
    let mut refused = running.connect().await;
    assert_eq!(rest(&mut refused).await, "", "a quarter of all, and no more");
    let mut stranger = connect_from(2, running.address).await;
    stranger.write_all(REQUEST).await.unwrap();
    assert!(answer(&mut stranger).await.ends_with("quick"));

    // Once they are idle, they have to go although they might stay for hours.
    running.go_on.add_permits(4);
    until("room for another", async || {
        let mut another = running.connect().await;
        // One that is refused is reset, perhaps before it has written anything.
        let _ = another.write_all(REQUEST).await;
        answer(&mut another).await.ends_with("quick")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_room_is_short_whoever_takes_nothing_has_to_go_at_once() {
    // Each holds a piece or two of 16 kB.
    let running =
        start(ServeLimits { memory: 200_000, stalled: NEVER, idle: NEVER, head: NEVER, ..LIMITS }, None).await;
    let stalled = async || {
        let beginning = [frames::beginning_without_room(), frames::request(1, "/large")].concat();
        running.send(&beginning).await
    };
    let first = stalled().await;
    let mut received = vec![0; 9];
    first.readable().await.unwrap();
    assert!(first.try_read(&mut received).is_ok(), "still there");
    let mut others = Vec::new();
    for _ in 0..12 {
        others.push(stalled().await);
    }
    is_closed(first).await;
    running.is_served().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_nearly_all_places_are_taken_idle_connections_make_room() {
    let running = start(ServeLimits { connections: 40, idle: NEVER, head: NEVER, ..LIMITS }, None).await;
    let mut held = Vec::new();
    for host in 2..6 {
        for _ in 0..10 {
            held.push(connect_from(host, running.address).await);
        }
    }
    // Behind all of them.
    let mut stranger = connect_from(9, running.address).await;
    stranger.write_all(REQUEST).await.unwrap();
    assert!(answer(&mut stranger).await.ends_with("quick"));
}
