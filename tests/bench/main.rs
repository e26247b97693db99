//! What one process withstands, and what room sessions take. Run by `scripts/bench.sh limits`, never by `make
//! test`: it measures, it asserts nothing but that requests succeed. What requests cost is measured by
//! `make bench`.
//!
//! `SERVER_BINARY` is the release binary to measure. The emulator runs in here.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement that can't go on should stop with the reason"
)]
#![expect(clippy::print_stdout, reason = "the report is for people")]

mod redis_server;
mod sqlite;
#[path = "../processes/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "shared with the process tests, which use all of it")]
mod support;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use support::hostile::{Kind, stranger};
use support::{ADA, Browser, World};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, task::JoinSet};

/// Sessions by whose number the room of one is found.
const SESSIONS: usize = 500;

/// Clients that send their request byte by byte.
const SLOW_CLIENTS: usize = 2000;

/// Connections of each hostile kind, and streams on each of HTTP/2.
const HOSTILE_CLIENTS: usize = 10_000;
const HOSTILE_STREAMS: u32 = 32;

/// Connections that do nothing.
const IDLE_CLIENTS: usize = 2000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    println!("| what | measured |\n| --- | --- |");
    let world = World::start(1, support::local_store()).await;
    slow_clients(&world).await;
    memory(&world).await;
    for (block, kind) in (1..).zip(Kind::all(HOSTILE_STREAMS)) {
        hostile(&world, block, kind).await;
    }
    sqlite::room(&world).await;
    drop(world);
    redis_server::room().await;
}

fn report(what: &str, measured: &str) {
    println!("| {what} | {measured} |");
}

/// How much later others are answered while clients send one byte a second.
async fn slow_clients(world: &World) {
    let mut browser = world.signed_in().await;
    let before = answer_times(&mut browser, Duration::from_secs(3)).await;
    let address = SocketAddr::from(([127, 0, 0, 1], world.replicas[0].port()));
    let mut clients = JoinSet::new();
    for _ in 0..SLOW_CLIENTS {
        let mut stream = TcpStream::connect(address).await.unwrap();
        clients.spawn(async move {
            let begun = Instant::now();
            for byte in b"GET / HTTP/1.1\r\n".iter().chain(b"x: y\r\n".iter().cycle()) {
                if stream.write_all(&[*byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            begun.elapsed()
        });
    }
    let during = answer_times(&mut browser, Duration::from_secs(6)).await;
    let mut longest = Duration::ZERO;
    while let Some(lived) = clients.join_next().await {
        longest = longest.max(lived.unwrap());
    }
    report(
        &format!("`GET /dashboard`, slowest answer: alone, and with {SLOW_CLIENTS} clients that send a byte a second"),
        &format!("{:.1} ms, {:.1} ms", before.as_secs_f64() * 1000.0, during.as_secs_f64() * 1000.0),
    );
    report("the longest that such a client was kept", &format!("{:.1} s", longest.as_secs_f64()));
}

/// The slowest answer of those that were asked for one after the other for so long.
async fn answer_times(browser: &mut Browser, during: Duration) -> Duration {
    let (begun, mut slowest) = (Instant::now(), Duration::ZERO);
    while begun.elapsed() < during {
        let asked = Instant::now();
        assert_eq!(browser.get("/dashboard").await.status, 200);
        slowest = slowest.max(asked.elapsed());
    }
    slowest
}

/// Memory of one more connection.
async fn memory(world: &World) {
    let process = &world.replicas[0];
    let before = resident_bytes(process.id());
    let address = SocketAddr::from(([127, 0, 0, 1], process.port()));
    let mut idle = Vec::with_capacity(IDLE_CLIENTS);
    for _ in 0..IDLE_CLIENTS {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        stream.readable().await.unwrap();
        idle.push(stream);
    }
    let during = resident_bytes(process.id());
    report(
        &format!("resident memory for each idle connection, of {IDLE_CLIENTS}"),
        &format!(
            "{:.1} kB",
            megabytes(during.saturating_sub(before)) * 1000.0 / f64::from(u32::try_from(IDLE_CLIENTS).unwrap())
        ),
    );
}

/// What hostile connections of one kind take, and how long somebody else waits meanwhile: while they come,
/// and with all of them there.
async fn hostile(world: &World, block: u8, kind: Kind) {
    let process = &world.replicas[0];
    let port = process.port();
    let coming = tokio::spawn(async move { kind.hold(port, block, HOSTILE_CLIENTS).await });
    let (mut slowest, mut most) = (Duration::ZERO, 0);
    while !coming.is_finished() {
        slowest = slowest.max(stranger(port).await);
        most = most.max(resident_bytes(process.id()));
    }
    let held = coming.await.unwrap();
    for _ in 0..20 {
        slowest = slowest.max(stranger(port).await);
        most = most.max(resident_bytes(process.id()));
    }
    report(
        &format!("{HOSTILE_CLIENTS} connections, {kind:?}: most memory, a stranger's slowest page, still there"),
        &format!("{:.0} MB, {:.0} ms, {}", megabytes(most), slowest.as_secs_f64() * 1000.0, held.len()),
    );
}

/// A process's memory, as far as it is in the machine's; 0 where the system does not tell it in Linux's way.
fn resident_bytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or_default() * 1024
}

/// How long a sign-in takes in this process and at the emulator together.
async fn sign_in(world: &World) {
    let begun = Instant::now();
    for _ in 0..SESSIONS {
        let mut browser = Browser::new(&world.replicas[0].url);
        browser.sign_in("/auth/login", ADA).await;
    }
    let each = begun.elapsed() / u32::try_from(SESSIONS).unwrap();
    report(
        &format!("a sign-in with everything that belongs to it, one after the other, of {SESSIONS}"),
        &format!("{:.1} ms, the (unoptimised) emulator included", each.as_secs_f64() * 1000.0),
    );
}

/// One session's share.
fn each(bytes: u64) -> u64 {
    bytes / u64::try_from(SESSIONS).unwrap()
}

#[expect(clippy::cast_precision_loss, reason = "a figure of three digits")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
