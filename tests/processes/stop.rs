//! A process that is told to stop while it is busy, and one that slow clients lean on.

use std::{
    net::SocketAddr,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use leptos_scalekit::server::parts::Part;
use reqwest::Method;
use scalekit_emulator::{Endpoint, Fault};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, process::Command, task::JoinSet};

use crate::support::{Browser, World, free_port, local_store, until};

/// A process stops within two seconds and a token call, here ten; a busy machine may start counting late.
const LONGEST_STOP: Duration = Duration::from_secs(15);

/// Asks for the page again and again until no connection is accepted any more: on one that it keeps as long
/// as it can, as proxies do, or each time on a new one.
async fn ask_until_refused(browser: Browser, keeps: bool, answered: Arc<AtomicUsize>) {
    loop {
        let mut request = browser.request(Method::GET, "/dashboard");
        if !keeps {
            request = request.header("connection", "close");
        }
        match request.send().await {
            Ok(answer) => {
                assert_eq!(answer.status(), 200);
                answer.text().await.expect("the answer is whole");
                answered.fetch_add(1, Ordering::SeqCst);
            }
            Err(error) if error.is_connect() => return,
            Err(error) => panic!("a request that was accepted failed: {error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_under_load_with_refreshes_in_flight_nothing_that_was_accepted_fails() {
    let mut world = World::start(1, local_store()).await;
    let expired = world.browsers_with_ended_tokens(20).await;
    let mut signed_in = Vec::new();
    for _ in 0..5 {
        signed_in.push(world.signed_in().await);
    }
    let control = world.emulator.control();
    // The first must still be under way when the last begins, and all of them end well before a process has
    // to.
    control.add_fault(Fault::delay_after(Endpoint::Token, 4000).for_grant("refresh_token").times(0));
    let answered = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for (number, browser) in expired.iter().chain(&signed_in).enumerate() {
        clients.spawn(ask_until_refused(browser.clone(), number % 2 == 0, Arc::clone(&answered)));
    }
    until("all refreshes, and load", async || control.open_token_calls() == 20 && answered.load(Ordering::SeqCst) > 0)
        .await;

    let told = Instant::now();
    world.replicas[0].ask_to_stop();
    assert!(world.replicas[0].ended().await.success());
    assert!(told.elapsed() < LONGEST_STOP, "{:?}", told.elapsed());
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    assert!(answered.load(Ordering::SeqCst) > expired.len(), "those who waited for a refresh were answered");
    if !Part::Sqlite.is_here() {
        return;
    }
    assert!(!world.folder.path().join("sessions.db-wal").exists(), "the store was closed");

    world.replicas[0].start_again();
    world.replicas[0].is_ready().await;
    for mut browser in expired {
        assert_eq!(browser.get("/dashboard").await.status, 200, "a rotated token was lost");
    }
    assert_eq!((world.refreshes(), world.reused()), (20, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_hangs_does_not_keep_a_process_from_stopping() {
    let mut world = World::start(1, local_store()).await;
    let browser = world.browsers_with_ended_tokens(1).await.remove(0);
    let control = world.emulator.control();
    control.add_fault(Fault::delay_after(Endpoint::Token, 60_000).for_grant("refresh_token"));
    let _waiting = tokio::spawn(browser.request(Method::GET, "/dashboard").send());
    until("the token call", async || control.open_token_calls() == 1).await;
    let told = Instant::now();
    world.replicas[0].ask_to_stop();
    assert!(world.replicas[0].ended().await.success());
    assert!(told.elapsed() < LONGEST_STOP, "{:?}", told.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_that_is_closed_stops_a_process_in_order_unless_it_was_started_to_stay() {
    let mut world = World::start(1, local_store()).await;
    world.replicas[0].signal("HUP");
    let status = world.replicas[0].ended().await;
    assert!(status.success(), "{status}");

    let port = free_port();
    let mut staying = Command::new("nohup");
    let mut process = staying
        .arg(env!("CARGO_BIN_EXE_leptos-scalekit"))
        .current_dir(world.folder.path())
        .env_clear()
        .envs([("PATH", std::env::var("PATH").unwrap()), ("PORT", port.to_string())])
        .env("SESSION_STORE", "memory:")
        .env("METRICS_ADDR", "off")
        .env("SCALEKIT_ENVIRONMENT_URL", "http://localhost:1")
        .env("SCALEKIT_CLIENT_ID", "skc_1234567890")
        .env("SCALEKIT_CLIENT_SECRET", "test_secret")
        .env("RUST_LOG", "off")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let is_alive = async || reqwest::get(format!("http://127.0.0.1:{port}/healthz")).await.is_ok();
    until("the process that stays", is_alive).await;
    let id = process.id().unwrap().to_string();
    let signal = async |name: &str| Command::new("kill").args([name, &*id]).status().await.unwrap().success();
    assert!(signal("-HUP").await && is_alive().await);
    assert!(signal("-TERM").await);
    assert!(process.wait().await.unwrap().success());
}

/// How fast others are answered meanwhile is measured by `make bench`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_clients_that_send_a_byte_a_second_are_cut_off_and_others_are_served() {
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let world = World::start(1, local_store()).await;
    let mut browser = world.signed_in().await;
    let address = SocketAddr::from(([127, 0, 0, 1], world.replicas[0].port()));
    let mut slow = JoinSet::new();
    for _ in 0..2000 {
        slow.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            for byte in b"GET / HTTP/1.1\r\nhost: localhost\r\n".iter().chain(b"x: y\r\n".iter().cycle()) {
                if stream.write_all(&[*byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
    }
    let all_gone = Arc::new(AtomicBool::new(false));
    let watch = Arc::clone(&all_gone);
    let ends = tokio::spawn(async move {
        while slow.join_next().await.is_some() {}
        watch.store(true, Ordering::SeqCst);
    });
    until("the end of all slow clients", async || {
        assert_eq!(browser.get("/dashboard").await.status, 200);
        all_gone.load(Ordering::SeqCst)
    })
    .await;
    ends.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refreshes_that_wait_in_line_when_the_process_stops_are_left_to_the_next_one() {
    const BROWSERS: usize = 40;
    let mut world = World::start(1, local_store()).await;
    let browsers = world.browsers_with_ended_tokens(BROWSERS).await;
    let control = world.emulator.control();
    // Every place stays taken for as long as the process, told to stop, still begins calls; the client gives
    // up after eight seconds.
    control.add_fault(Fault::delay_after(Endpoint::Token, 6000).for_grant("refresh_token").times(0));
    let mut clients = JoinSet::new();
    for mut browser in browsers.clone() {
        clients.spawn(async move { browser.try_get("/dashboard").await.map(|answer| answer.status) });
    }
    until("as many token calls as are made at once", async || control.open_token_calls() == 32).await;
    world.replicas[0].ask_to_stop();
    let mut answered = Vec::new();
    // Those in line are answered once no call is begun any more; then the calls under way may end.
    for _ in 32..BROWSERS {
        answered.push(clients.join_next().await.unwrap().unwrap().unwrap());
    }
    control.clear_faults();
    assert!(world.replicas[0].ended().await.success());
    while let Some(client) = clients.join_next().await {
        answered.push(client.unwrap().unwrap());
    }
    answered.sort_unstable();
    assert_eq!(answered, [vec![200; 32], vec![503; BROWSERS - 32]].concat());

    if !Part::Sqlite.is_here() {
        return;
    }
    world.replicas[0].start_again();
    world.replicas[0].is_ready().await;
    for mut browser in browsers {
        assert_eq!(browser.get("/dashboard").await.status, 200);
    }
    assert_eq!((world.refreshes(), world.reused()), (40, 0));
}
