//! The emulator inside the process: in development, the application starts with nothing at all set.

use std::{process::Stdio, time::Duration};

use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::support::{free_port, program};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_development_nothing_needs_to_be_set_and_the_console_says_what_stands_in() {
    let folder = tempfile::tempdir().unwrap();
    let (port, emulator_port) = (free_port(), free_port());
    let mut child = program(folder.path())
        .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"))
        .env("APP_URL", format!("http://localhost:{port}"))
        .env("EMULATOR_PORT", emulator_port.to_string())
        .env("METRICS_ADDR", "off") // part: metrics
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
    assert!(folder.path().join("data/sessions.db").exists()); // part: sqlite
    child.kill().await.unwrap();
}
