//! A Redis server of a test's own. Killed with the test.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use super::{free_port, until};

pub(crate) struct Redis {
    child: Option<Child>,
    port: u16,
    folder: TempDir,
}

impl Redis {
    /// Starts one that keeps its data across restarts.
    pub(crate) async fn start() -> Self {
        let mut redis = Self::not_yet();
        redis.start_again().await;
        redis
    }

    /// One that is not running yet.
    pub(crate) fn not_yet() -> Self {
        Self { child: None, port: free_port(), folder: tempfile::tempdir().unwrap() }
    }

    /// The address for `SESSION_STORE`.
    pub(crate) fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts it with the data it had.
    pub(crate) async fn start_again(&mut self) {
        let arguments =
            ["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--appendonly", "yes", "--appendfsync", "always"]
                .map(str::to_owned);
        let child = Command::new("redis-server")
            .args(arguments)
            .arg("--dir")
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        self.child = match child {
            Ok(child) => Some(child),
            Err(error) if error.kind() == ErrorKind::NotFound => panic!("redis-server is missing: run `make setup`"),
            Err(error) => panic!("redis-server can't be started: {error}"),
        };
        until("Redis", async || self.command("PING").is_some_and(|answer| answer.starts_with("+PONG"))).await;
    }

    /// Kills it.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Empties it.
    pub(crate) fn empty(&self) {
        assert_eq!(self.command("FLUSHALL").as_deref(), Some("+OK\r\n"));
    }

    /// One short command, over a connection of its own.
    fn command(&self, command: &str) -> Option<String> {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        connection.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        connection.write_all(format!("{command}\r\n").as_bytes()).ok()?;
        let mut answer = [0; 64];
        let length = connection.read(&mut answer).ok()?;
        Some(String::from_utf8_lossy(&answer[..length]).into_owned())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}
