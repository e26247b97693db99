//! What a process gives up to strangers: no memory for sign-ins that nobody finishes, and no descriptors
//! beyond those that are kept for its own work. Linux only, since the system is asked about the process.
//! Inside one process: `tests/http/{exhaustion,serving}.rs`.
#![cfg(target_os = "linux")]

use std::{fs, path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpSocket,
    process::Command,
};

use super::support::{Process, free_port, local_store, resident, until};

fn on_disk(folder: &Path) -> u64 {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn login_starts_without_end_leave_memory_and_disk_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let app_url = format!("http://localhost:{port}");
    let store = local_store().replace("FOLDER/", "");
    let process = Process::start(port, folder.path(), &app_url, "http://localhost:1", &store);
    process.answers("/healthz", 200).await;
    let start = async |count: usize| {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        for _ in 0..count {
            let answer =
                client.get(format!("http://127.0.0.1:{port}/auth/login")).header("host", format!("localhost:{port}"));
            assert_eq!(answer.send().await.unwrap().status(), 302);
        }
    };
    // What is made once is made.
    start(1000).await;
    let (memory, disk) = (resident(process.id()), on_disk(folder.path()));
    start(5000).await;
    // A kilobyte for each would show.
    let grown = resident(process.id()).saturating_sub(memory);
    assert!(grown < 4 << 20, "{grown} bytes");
    assert_eq!(on_disk(folder.path()), disk);
}

/// Descriptors that the process may have; it keeps 256 of them for its own work.
const DESCRIPTORS: u32 = 280;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_connections_than_descriptors_make_others_wait_and_nobody_fail() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let child = Command::new("sh")
        .args(["-c", &format!("ulimit -n {DESCRIPTORS} && exec \"$0\""), env!("CARGO_BIN_EXE_leptos-scalekit")])
        .current_dir(folder.path())
        .env_clear()
        .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"))
        .env("APP_URL", format!("http://localhost:{port}"))
        .env("SCALEKIT_ENVIRONMENT_URL", "http://localhost:1")
        .env("SCALEKIT_CLIENT_ID", "skc_1234567890")
        .env("SCALEKIT_CLIENT_SECRET", "test_secret")
        .env("SESSION_STORE", "memory:")
        .env("METRICS_ADDR", "off")
        .stdin(Stdio::null())
        .stdout(fs::File::create(folder.path().join("log")).unwrap())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    // From many addresses: one has a share.
    let connect = async |host: u32| {
        let socket = TcpSocket::new_v4().unwrap();
        let host = u8::try_from(host % 50 + 2).unwrap();
        socket.bind(([127, 0, 0, host], 0).into()).unwrap();
        socket.connect(([127, 0, 0, 1], port).into()).await.unwrap()
    };
    let log = || fs::read_to_string(folder.path().join("log")).unwrap();
    // It says so after it has begun to listen and before it accepts.
    until("the word on descriptors", async || log().contains("file descriptors allows fewer connections")).await;

    let mut idle = Vec::new();
    for number in 0..4 * (DESCRIPTORS - 256) {
        idle.push(connect(number).await);
    }
    let descriptors = fs::read_dir(format!("/proc/{}/fd", child.id().unwrap())).unwrap().count();
    assert!(descriptors < DESCRIPTORS as usize, "{descriptors}");
    // Behind all of them: served once those who say nothing have been cut off, in turn.
    let mut waiting = connect(99).await;
    waiting.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(120), waiting.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(!log().contains("no connection can be accepted"), "it never ran out: {}", log());
}
