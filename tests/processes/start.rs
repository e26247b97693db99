//! The process itself: what it refuses to start with, and that it starts with nothing at all in development.

use std::{
    process::{Output, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    process::Command,
};

use crate::support::free_port;

fn process(folder: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leptos-scalekit"));
    command.current_dir(folder.path()).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn output(command: &mut Command) -> Output {
    tokio::time::timeout(Duration::from_secs(30), command.output()).await.expect("the process ends by itself").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_without_settings_refuses_to_start_and_names_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let output = output(process(&folder).env("LEPTOS_ENV", "PROD")).await;
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    for variable in
        ["APP_URL", "SCALEKIT_ENVIRONMENT_URL", "SCALEKIT_CLIENT_ID", "SCALEKIT_CLIENT_SECRET", "SESSION_SECRET"]
    {
        assert!(message.contains(variable), "{variable} is missing in {message}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settings_file_that_is_not_toml_is_refused_with_its_fault() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Leptos.toml"), "[app\nurl = 1").unwrap();
    let output = output(&mut process(&folder)).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("is not valid TOML"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_development_nothing_needs_to_be_set_and_the_console_says_what_stands_in() {
    let folder = tempfile::tempdir().unwrap();
    let (port, emulator_port) = (free_port(), free_port());
    let mut child = process(&folder)
        .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"))
        .env("APP_URL", format!("http://localhost:{port}"))
        .env("EMULATOR_PORT", emulator_port.to_string())
        // part: metrics
        .env("METRICS_ADDR", "off")
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let banner = async {
        let mut seen = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            seen.push_str(&line);
            if seen.contains("Emulated Scalekit (development only)") && seen.contains(&emulator_port.to_string()) {
                return;
            }
        }
        panic!("no banner in {seen}");
    };
    tokio::time::timeout(Duration::from_secs(30), banner).await.expect("the banner appears");
    let url = format!("http://127.0.0.1:{port}/readyz");
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while !reqwest::get(&url).await.is_ok_and(|answer| answer.status() == 200) {
        assert!(std::time::Instant::now() < deadline, "the process does not get ready");
        tokio::task::yield_now().await;
    }
    assert!(folder.path().join("data/sessions.db").exists());
    child.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_occupied_address_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let occupied = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = occupied.local_addr().unwrap().to_string();
    let mut command = process(&folder);
    let output = output(
        command
            .env("LEPTOS_SITE_ADDR", &address)
            .env("EMULATOR_PORT", free_port().to_string())
            // part: metrics
            .env("METRICS_ADDR", "off")
            .env("SESSION_STORE", "memory:"),
    )
    .await;
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains(&address) && message.contains("LEPTOS_SITE_ADDR"), "{message}");
}

// part: metrics
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_occupied_address_for_metrics_is_named_with_its_setting() {
    let folder = tempfile::tempdir().unwrap();
    let occupied = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = occupied.local_addr().unwrap().to_string();
    let output = output(process(&folder).env("METRICS_ADDR", &address)).await;
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains(&format!("{address} can't be listened on for metrics: ")), "{message}");
    assert!(message.contains("Set METRICS_ADDR to another, or to off."), "{message}");
}
