//! A process of the application, with everything set that it would have in production, but for the emulator.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU16, Ordering},
};

use super::until;

/// What all processes of an application share.
const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// More sessions than any test begins.
pub(crate) const NO_LIMIT: u32 = 10_000;

/// A running process. Killed with the test.
pub(crate) struct Process {
    child: Child,
    /// Where it listens.
    pub(crate) url: String,
    start: Start,
}

/// How it was started, to do so again.
#[derive(Clone)]
struct Start {
    port: u16,
    folder: PathBuf,
    app_url: String,
    provider: String,
    store: String,
    max_per_user: u32,
}

impl Process {
    /// Starts a process in a folder; it need not be ready yet.
    pub(crate) fn start(port: u16, folder: &Path, app_url: &str, provider: &str, store: &str) -> Self {
        Self::start_with_limit(port, folder, app_url, provider, store, NO_LIMIT)
    }

    /// The same, with a limit to a person's sessions.
    pub(crate) fn start_with_limit(
        port: u16,
        folder: &Path,
        app_url: &str,
        provider: &str,
        store: &str,
        max_per_user: u32,
    ) -> Self {
        let start = Start {
            port,
            folder: folder.to_owned(),
            app_url: app_url.to_owned(),
            provider: provider.to_owned(),
            store: store.to_owned(),
            max_per_user,
        };
        Self { child: start.spawn(), url: format!("http://localhost:{port}"), start }
    }

    /// Where it listens, on loopback.
    pub(crate) fn port(&self) -> u16 {
        self.start.port
    }

    /// Waits until it answers and has what it needs.
    pub(crate) async fn is_ready(&self) {
        self.answers("/readyz", 200).await;
    }

    /// Waits until a path has this status.
    pub(crate) async fn answers(&self, path: &str, status: u16) {
        let url = format!("http://127.0.0.1:{}{path}", self.start.port);
        let complaints = self.start.complaints();
        until(&format!("{status} at {path}"), async || {
            // Only a process that can't start complains: the log is off.
            let complaint = fs::read_to_string(&complaints).unwrap();
            assert!(!complaint.contains("can't start"), "{complaint}");
            reqwest::get(&url).await.is_ok_and(|answer| answer.status() == status)
        })
        .await;
    }

    /// The system's number for it.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after it was killed.
    pub(crate) fn start_again(&mut self) {
        self.child = self.start.spawn();
    }

    /// Asks it to stop, as an operator's tools do.
    pub(crate) fn ask_to_stop(&self) {
        self.signal("TERM");
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let signal = format!("-{name}");
        assert!(Command::new("kill").args([&*signal, &self.id().to_string()]).status().unwrap().success());
    }

    /// How it ended, once it has.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        until("the process's end", async || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        status.unwrap()
    }
}

impl Start {
    fn spawn(&self) -> Child {
        // `make bench` measures the release build.
        let built_for_tests = env!("CARGO_BIN_EXE_leptos-scalekit").to_owned();
        Command::new(std::env::var("SERVER_BINARY").unwrap_or(built_for_tests))
            .current_dir(&self.folder)
            .env_clear()
            .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{}", self.port))
            .env("APP_URL", &self.app_url)
            .env("SCALEKIT_ENVIRONMENT_URL", &self.provider)
            .env("SCALEKIT_CLIENT_ID", "skc_emulator")
            .env("SCALEKIT_CLIENT_SECRET", "test_emulator_secret")
            .env("SCALEKIT_WEBHOOK_SECRET", scalekit_emulator::WEBHOOK_SECRET)
            .env("SESSION_STORE", &self.store)
            .env("SESSION_SECRET", SECRET)
            // A provider that hangs on purpose keeps no test waiting for longer.
            .env("SCALEKIT_TOKEN_CALL_SECONDS", "8")
            .env("SESSION_MAX_PER_USER", self.max_per_user.to_string())
            .env("RATE_LIMIT", "off")
            .env("METRICS_ADDR", "off")
            .env("RUST_LOG", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(self.complaints()).unwrap())
            .spawn()
            .unwrap()
    }

    fn complaints(&self) -> PathBuf {
        self.folder.join(format!("complaints-{}", self.port))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that is free now and stays so while its process is not running: below those that systems give to
/// outgoing connections, of which these tests make thousands.
pub(crate) fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Test programs that run at the same time begin at different places.
    let start = u16::try_from(std::process::id() % 100).unwrap() * 100;
    loop {
        let port = 20_000 + (start + TAKEN.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
