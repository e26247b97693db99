//! The accept loop: slow and idle clients, the limit of connections, TLS, and stopping. The limits of time
//! are short here; what the real ones carry is measured by `make bench`.

use std::{
    convert::Infallible,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    process::Command,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    routing::{get, post},
};
use axum_hardening::serve::{ServeLimits, Tls, listen, serve};
use http_body::Frame;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Semaphore, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};

pub(crate) const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Nothing that a test waits for takes longer.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(40);

pub(crate) const LIMITS: ServeLimits = ServeLimits {
    connections: 1000,
    trusted_proxies: Vec::new(),
    memory: 128 << 20,
    hurry: Duration::from_secs(1),
    head: Duration::from_secs(3),
    idle: Duration::from_secs(10),
    stalled: Duration::from_secs(3),
    last_chance: Duration::from_millis(200),
    stop: Duration::from_secs(5),
};

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    /// Lets `/slow` answer.
    pub(crate) go_on: Arc<Semaphore>,
    /// Tells when a request for `/slow` has come.
    begun: Arc<Semaphore>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::time::Instant>,
}

pub(crate) async fn start(limits: ServeLimits, tls: Option<Arc<Tls>>) -> Running {
    let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    let (go_on, begun) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let slow = {
        let (go_on, begun) = (Arc::clone(&go_on), Arc::clone(&begun));
        move || async move {
            begun.add_permits(1);
            go_on.acquire().await.unwrap().forget();
            "slow"
        }
    };
    let endless = || async { Body::new(Endless) };
    let router = Router::new()
        .route("/", get(|| async { "quick" }))
        .route("/slow", get(slow))
        .route("/endless", get(endless))
        .route("/large", get(|| async { vec![b'x'; 20_000] }))
        .route("/length", post(|body: Bytes| async move { body.len().to_string() }));
    let (stop, told) = oneshot::channel();
    let server = tokio::spawn(serve(listener, tls, router, limits, async { drop(told.await) }));
    Running { address, go_on, begun, stop, server }
}

impl Running {
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    pub(crate) async fn send(&self, text: &[u8]) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text).await.unwrap();
        stream
    }

    pub(crate) async fn slow_has_begun(&self) {
        timeout(LONGEST_WAIT, self.begun.acquire()).await.unwrap().unwrap().forget();
    }

    pub(crate) async fn is_served(&self) {
        assert!(answer(&mut self.send(REQUEST).await).await.ends_with("quick"));
    }
}

/// One answer, as far as it comes in one piece.
pub(crate) async fn answer(stream: &mut TcpStream) -> String {
    let mut buffer = vec![0; 4096];
    let length = timeout(LONGEST_WAIT, stream.read(&mut buffer)).await.unwrap().unwrap_or(0);
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

/// Everything until the server closes the connection, which has to happen.
pub(crate) async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A reset is an end too.
    let _ = timeout(LONGEST_WAIT, stream.read_to_end(&mut text)).await.unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

/// An answer that goes on as long as somebody takes it.
struct Endless;

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 16_384])))))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_send_their_head_byte_by_byte_are_cut_off_and_hinder_nobody() {
    let running = start(LIMITS, None).await;
    // In front of HTTP/1 and in front of what could become HTTP/2.
    let slow: Vec<_> = [&b"GET / HTTP/1.1\r\n"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
        .iter()
        .cycle()
        .take(200)
        .map(|head| {
            let (address, head) = (running.address, *head);
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                for byte in head.iter().chain(b"x: y\r\n".iter().cycle()) {
                    if stream.write_all(&[*byte]).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            })
        })
        .collect();
    let mut served = 0;
    while !slow.iter().all(JoinHandle::is_finished) {
        running.is_served().await;
        served += 1;
        assert!(served < 100_000, "slow clients are never cut off");
    }
    assert!(served > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_sends_nothing_is_cut_off_early_and_one_that_pauses_between_requests_later() {
    let running = start(LIMITS, None).await;
    let begun = Instant::now();
    let mut silent = running.connect().await;
    let mut pausing = running.send(REQUEST).await;
    assert!(answer(&mut pausing).await.ends_with("quick"));
    assert_eq!(rest(&mut silent).await, "");
    assert!(begun.elapsed() >= LIMITS.head);
    tokio::time::sleep(LIMITS.head).await;
    pausing.write_all(REQUEST).await.unwrap();
    assert!(answer(&mut pausing).await.ends_with("quick"), "longer than the first request may take, still connected");
    assert_eq!(rest(&mut pausing).await, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_takes_its_answer_is_cut_off() {
    let running = start(LIMITS, None).await;
    let begun = Instant::now();
    let stream = running.send(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    // The end shows in writing further requests, since reading would take the answer.
    let gone = async {
        let mut stream = stream;
        while stream.write_all(REQUEST).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LONGEST_WAIT, gone).await.unwrap();
    assert!(begun.elapsed() >= LIMITS.stalled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_the_limit_connections_wait_for_their_turn() {
    // A client's share is less than all.
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let running = start(ServeLimits { connections: 2, trusted_proxies, stalled: LONGEST_WAIT, ..LIMITS }, None).await;
    let slow = b"GET /slow HTTP/1.1\r\nconnection: close\r\n\r\n";
    let held = [running.send(slow).await, running.send(slow).await];
    for _ in &held {
        running.slow_has_begun().await;
    }
    let mut third = running.send(REQUEST).await;
    assert!(timeout(Duration::from_millis(200), third.read(&mut [0])).await.is_err(), "nothing yet");
    running.go_on.add_permits(1);
    assert!(answer(&mut third).await.ends_with("quick"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_that_are_too_large_are_refused() {
    let running = start(LIMITS, None).await;
    let head = format!("GET / HTTP/1.1\r\nhost: localhost\r\ncookie: {}\r\n\r\n", "a".repeat(33_000));
    let mut stream = running.connect().await;
    let _ = stream.write_all(head.as_bytes()).await;
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_finishes_what_has_been_accepted() {
    // Time enough for the test's own next step on a busy machine.
    let patient = ServeLimits { last_chance: LONGEST_WAIT / 4, stop: LONGEST_WAIT, stalled: LONGEST_WAIT, ..LIMITS };
    let running = start(ServeLimits { idle: LONGEST_WAIT, head: LONGEST_WAIT, ..patient }, None).await;
    let mut slow = running.send(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    running.slow_has_begun().await;
    let mut idle = running.send(REQUEST).await;
    assert!(answer(&mut idle).await.ends_with("quick"));
    let mut fresh = running.connect().await;
    // Whether accepted or still in the kernel's queue.
    running.stop.send(()).unwrap();
    fresh.write_all(REQUEST).await.unwrap();
    assert!(answer(&mut fresh).await.ends_with("quick"), "a request that is on its way is answered");
    // So is every one on a connection that was kept, as proxies keep theirs, up to the one that is said to be
    // the last.
    loop {
        idle.write_all(REQUEST).await.unwrap();
        let text = answer(&mut idle).await;
        assert!(text.ends_with("quick"), "{text}");
        if text.contains("connection: close") {
            break;
        }
    }
    assert_eq!(rest(&mut idle).await, "");
    assert!(!running.server.is_finished());
    running.go_on.add_permits(1);
    let text = rest(&mut slow).await;
    assert!(text.contains("connection: close") && text.ends_with("slow"), "{text}");
    timeout(LONGEST_WAIT, running.server).await.unwrap().unwrap();
    assert!(TcpStream::connect(running.address).await.is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_without_a_request_does_not_keep_the_process() {
    let running = start(ServeLimits { idle: LONGEST_WAIT, head: LONGEST_WAIT, ..LIMITS }, None).await;
    let mut idle = running.send(REQUEST).await;
    assert!(answer(&mut idle).await.ends_with("quick"));
    let mut fresh = running.connect().await;
    running.stop.send(()).unwrap();
    assert_eq!((rest(&mut idle).await, rest(&mut fresh).await), (String::new(), String::new()));
    timeout(LIMITS.stop, running.server).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_does_not_wait_for_ever() {
    let limits = ServeLimits { stop: Duration::from_millis(300), stalled: Duration::from_secs(60), ..LIMITS };
    let running = start(limits, None).await;
    let _hanging = running.send(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    running.slow_has_begun().await;
    running.stop.send(()).unwrap();
    timeout(LONGEST_WAIT, running.server).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_speaks_http_2_and_http_1_and_takes_renewed_files_up() {
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
    make_certificate(folder.path());
    let tls = Arc::new(Tls::load(&certificate, &key).unwrap());
    let running = start(LIMITS, Some(Arc::clone(&tls))).await;
    let url = format!("https://localhost:{}/", running.address.port());
    let client = |builder: reqwest::ClientBuilder| {
        let trusted = reqwest::Certificate::from_pem(&std::fs::read(&certificate).unwrap()).unwrap();
        builder.tls_certs_only([trusted]).resolve("localhost", running.address).build().unwrap()
    };
    let first = client(reqwest::Client::builder());
    let answer = first.get(&url).send().await.unwrap();
    assert_eq!((answer.version(), answer.text().await.unwrap()), (reqwest::Version::HTTP_2, "quick".to_owned()));
    let answer = client(reqwest::Client::builder().http1_only()).get(&url).send().await.unwrap();
    assert_eq!((answer.version(), answer.text().await.unwrap()), (reqwest::Version::HTTP_11, "quick".to_owned()));

    // One half renewed is not usable yet; the old pair goes on.
    let old_key = std::fs::read(&key).unwrap();
    make_certificate(folder.path());
    let new_key = std::fs::read(&key).unwrap();
    std::fs::write(&key, &old_key).unwrap();
    tls.reload();
    assert!(first.get(&url).send().await.is_ok());
    std::fs::write(&key, &new_key).unwrap();
    tls.reload();
    assert!(client(reqwest::Client::builder()).get(&url).send().await.is_ok(), "the new certificate");

    // Plain HTTP at a TLS port ends, and so does a handshake that never comes.
    assert!(!rest(&mut running.send(REQUEST).await).await.contains("quick"));
    rest(&mut running.connect().await).await;
}

#[test]
fn certificate_files_that_can_not_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
    let problem = || Tls::load(&certificate, &key).unwrap_err().to_string();
    assert!(problem().contains("certificate.pem can't be read"), "{}", problem());
    make_certificate(folder.path());
    Tls::load(&certificate, &key).unwrap();
    let good_key = std::fs::read(&key).unwrap();
    std::fs::write(&key, "nothing").unwrap();
    assert!(problem().contains("key.pem holds no private key in PEM"), "{}", problem());
    make_certificate(folder.path());
    std::fs::write(&key, good_key).unwrap();
    assert!(problem().contains("can't be used"), "{}", problem());
}

/// Writes `certificate.pem` and `key.pem`, good for `localhost`.
fn make_certificate(folder: &Path) {
    let arguments = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
                     -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
                     -keyout key.pem -out certificate.pem";
    let made = Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder).output();
    let made = made.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_http_2_client_that_never_takes_an_answer_is_cut_off_whatever_it_asks_beside() {
    let running = start(LIMITS, None).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let url = |path: &str| format!("http://{}{path}", running.address);
    let begun = Instant::now();
    let mut stalled = client.get(url("/endless")).send().await.unwrap();
    assert_eq!(stalled.version(), reqwest::Version::HTTP_2);
    // The server sends no more than the client has room for, so this answer waits; others come and go, on the
    // same connection.
    while begun.elapsed() < LIMITS.stalled * 2 {
        // As it ends, one of them may go down with it.
        let _ = timeout(LONGEST_WAIT, client.get(url("/")).send()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut taken = 0;
    while let Ok(Some(piece)) = timeout(LONGEST_WAIT, stalled.chunk()).await.unwrap() {
        taken += piece.len();
        assert!(taken < 64 << 20, "it goes on once somebody takes it: its time was never over");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_http_2_client_is_told_how_much_it_may_make_the_process_remember() {
    let running = start(LIMITS, None).await;
    // The preface, and settings that say nothing (RFC 9113, sections 3.4 and 6.5).
    let mut stream = running.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let mut head = [0; 9];
    timeout(LONGEST_WAIT, stream.read_exact(&mut head)).await.unwrap().unwrap();
    assert_eq!(head[3], 4, "a frame of settings");
    let mut settings = vec![0; usize::from(head[2])];
    timeout(LONGEST_WAIT, stream.read_exact(&mut settings)).await.unwrap().unwrap();
    let value = |name: u8| {
        let setting = settings.chunks(6).find(|setting| setting[..2] == [0, name])?;
        Some(u32::from_be_bytes(setting[2..].try_into().unwrap()))
    };
    assert_eq!((value(3), value(6)), (Some(32), Some(32 * 1024)), "streams at once, bytes of headers");
    assert_eq!(value(4), Some(64 * 1024), "bytes of a body that nobody reads");
}
