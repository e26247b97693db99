//! Load from `wrk`, and its figures.

use std::{process::Stdio, time::Duration};

use tokio::process::Command;

use crate::support::Browser;

/// What is asked for, by whom.
pub(crate) struct Load {
    url: String,
    cookie: Option<String>,
}

/// What came of it.
pub(crate) struct Result {
    pub(crate) per_second: f64,
    /// As `wrk` writes it, with its unit.
    pub(crate) p99: String,
}

impl Load {
    /// Requests for a path, with the browser's cookies.
    pub(crate) fn of(browser: &Browser, path: &str) -> Self {
        let cookie = (!browser.cookies.is_empty()).then(|| browser.cookie_header());
        Self { url: format!("{}{path}", browser.origin.replace("localhost", "127.0.0.1")), cookie }
    }

    /// Thirty-two connections for five seconds, after one second that does not count.
    pub(crate) async fn run(&self) -> Result {
        self.wrk("1s").await;
        let text = self.wrk("5s").await;
        let figure = |label: &str| {
            let line = text.lines().find(|line| line.trim_start().starts_with(label));
            line.and_then(|line| line.split_whitespace().last()).unwrap_or_else(|| panic!("{text}")).to_owned()
        };
        assert!(!text.contains("Socket errors"), "{text}");
        Result { per_second: figure("Requests/sec:").parse().unwrap(), p99: figure("99%") }
    }

    async fn wrk(&self, duration: &str) -> String {
        let mut command = Command::new("wrk");
        command.args(["--threads", "1", "--connections", "32", "--latency", "--duration", duration]);
        command.args(["--header", "sec-fetch-site: none", "--header", "accept: text/html"]);
        if let Some(cookie) = &self.cookie {
            command.args(["--header", &format!("cookie: {cookie}")]);
        }
        let output =
            command.arg(&self.url).stdin(Stdio::null()).output().await.expect("wrk is there: `make bench` installs it");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
