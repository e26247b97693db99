//! The emulator inside the process: in development, the application starts with nothing at all set.

use std::{process::Stdio, time::Duration};

use leptos_scalekit::server::parts::Part;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
};

use crate::support::{ADA, Browser, free_port, program, until};

/// The application with nothing set but where it listens.
struct Alone {
    folder: tempfile::TempDir,
    port: u16,
    emulator_port: u16,
}

impl Alone {
    fn start(&self) -> Child {
        program(self.folder.path())
            .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{}", self.port))
            .env("APP_URL", self.url())
            .env("EMULATOR_PORT", self.emulator_port.to_string())
            .env("METRICS_ADDR", "off")
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    async fn is_ready(&self) {
        let url = format!("http://127.0.0.1:{}/readyz", self.port);
        until("readiness", async || reqwest::get(&url).await.is_ok_and(|answer| answer.status() == 200)).await;
    }
}

fn alone() -> Alone {
    Alone { folder: tempfile::tempdir().unwrap(), port: free_port(), emulator_port: free_port() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_development_nothing_needs_to_be_set_and_the_console_says_what_stands_in() {
    let alone = alone();
    let mut child = alone.start();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let banner = async {
        let mut seen = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            seen.push_str(&line);
            if seen.contains("Emulated Scalekit (development only)") && seen.contains(&alone.emulator_port.to_string())
            {
                return;
            }
        }
        panic!("no banner in {seen}");
    };
    tokio::time::timeout(Duration::from_secs(30), banner).await.expect("the banner appears");
    alone.is_ready().await;
    assert_eq!(alone.folder.path().join("data/sessions.db").exists(), Part::Sqlite.is_here());
    child.kill().await.unwrap();
}

/// As after each change of the code under `make dev`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_strands_nobody() {
    if !Part::Sqlite.is_here() {
        return;
    }
    let alone = alone();
    let mut child = alone.start();
    alone.is_ready().await;
    let mut browser = Browser::new(&alone.url());
    assert_eq!(browser.sign_in("/auth/login", ADA).await, "/dashboard/profile");
    child.kill().await.unwrap();

    let mut child = alone.start();
    alone.is_ready().await;
    assert_eq!(browser.get("/dashboard").await.status, 200);
    let out = browser.post("/api/logout", &[]).await;
    let at_provider = browser.get(out.location()).await;
    let back = browser.follow_to_app(at_provider, out.location()).await;
    assert!(back.starts_with(&format!("{}/logged-out", alone.url())), "{back}");
    child.kill().await.unwrap();
}
