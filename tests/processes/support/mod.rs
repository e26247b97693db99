//! What the process tests share: replicas with an emulator and a store of their own.

#[path = "../../support/browser.rs"]
#[expect(dead_code, reason = "shared with the HTTP tests, which use all of it")]
mod browser;
mod command;
#[path = "../../support/frames.rs"]
#[expect(dead_code, reason = "shared with the HTTP tests, which use all of it")]
mod frames;
pub(crate) mod hostile;
mod process;
mod redis; // part: redis
#[path = "../../support/shown.rs"]
#[expect(dead_code, reason = "shared with the HTTP tests, which use all of it")]
mod shown;

use std::time::{Duration, Instant};

use leptos_scalekit::server::parts::Part;
use scalekit_emulator::{Emulator, Options, SettingsChange};
use tempfile::TempDir;

pub(crate) use browser::Browser;
pub(crate) use command::{answer, program, program_with_provider};
pub(crate) use process::{NO_LIMIT, Process, free_port};
pub(crate) use redis::Redis; // part: redis

/// A seeded person of the emulator.
pub(crate) const ADA: &str = "usr_103845067215791001";

/// A store of a test's own, which outlives its process if this build has one that does: `FOLDER` stands for a
/// folder of the test's.
pub(crate) fn local_store() -> &'static str {
    if Part::Sqlite.is_here() { "sqlite:FOLDER/sessions.db" } else { "memory:" }
}

/// Nothing that a test waits for takes longer, even on a busy machine.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// One application: its processes, their provider, and a folder for what they keep.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) replicas: Vec<Process>,
    pub(crate) folder: TempDir,
}

impl World {
    /// Starts so many replicas on a store. `FOLDER` in its address stands for a folder that ends with the
    /// test.
    pub(crate) async fn start(replicas: usize, store: &str) -> Self {
        Self::start_with_limit(replicas, store, NO_LIMIT).await
    }

    /// The same, with a limit to a person's sessions.
    pub(crate) async fn start_with_limit(replicas: usize, store: &str, max_per_user: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = store.replace("FOLDER", folder.path().to_str().unwrap());
        let ports: Vec<u16> = (0..replicas).map(|_| free_port()).collect();
        let app_url = format!("http://localhost:{}", ports[0]);
        let emulator =
            Emulator::start(Options::default().with_port(0).with_app_url(&app_url).with_shared_key()).await.unwrap();
        let replicas = ports
            .iter()
            .map(|port| Process::start_with_limit(*port, folder.path(), &app_url, emulator.url(), &store, max_per_user))
            .collect::<Vec<_>>();
        for replica in &replicas {
            replica.is_ready().await;
        }
        Self { emulator, replicas, folder }
    }

    /// A browser in which Ada has signed in, at the first replica.
    pub(crate) async fn signed_in(&self) -> Browser {
        let mut browser = Browser::new(&self.replicas[0].url);
        assert_eq!(browser.sign_in("/auth/login", ADA).await, "/dashboard/profile");
        browser
    }

    /// So many browsers whose access tokens have all ended; the next ones live five minutes.
    pub(crate) async fn browsers_with_ended_tokens(&self, count: usize) -> Vec<Browser> {
        self.set_token_lifetime(SHORT_LIFETIME);
        let mut browsers = Vec::with_capacity(count);
        for _ in 0..count {
            browsers.push(self.signed_in().await);
        }
        let end = Instant::now() + Duration::from_secs(SHORT_LIFETIME + 1);
        self.set_token_lifetime(300);
        tokio::time::sleep_until(end.into()).await;
        self.emulator.control().reset_counters();
        browsers
    }

    /// Changes how long the access tokens live that are given out from now on; seconds.
    pub(crate) fn set_token_lifetime(&self, seconds: u64) {
        let change = SettingsChange { access_token_lifetime: Some(seconds), ..SettingsChange::default() };
        self.emulator.control().change_settings(change);
    }

    /// Refreshes that reached the emulator.
    pub(crate) fn refreshes(&self) -> u64 {
        self.emulator.control().state().token_calls_of("refresh_token")
    }

    /// Spent refresh tokens that were shown again.
    pub(crate) fn reused(&self) -> u64 {
        self.emulator.control().state().refresh_reuse
    }
}

/// How long an access token lives that should end soon; seconds. It must not end before a busy machine has
/// verified it.
const SHORT_LIFETIME: u64 = 5;

/// Whether a request with this answer is to be sent once more, after a moment. On a busy machine the store
/// can answer later than anybody waits for it: that costs the request, not its session.
pub(crate) async fn is_asked_again(status: u16, began: Instant) -> bool {
    let is_so = status == 503 && began.elapsed() < LONGEST_WAIT;
    if is_so {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    is_so
}

/// Sends the same page's request from each browser so many times, spread over the replicas, all at once;
/// answers with the statuses. Whoever gets the page that tries again tries again.
pub(crate) async fn all_at_once(world: &World, browsers: &[Browser], path: &'static str, times: usize) -> Vec<u16> {
    let began = Instant::now();
    let mut requests = Vec::new();
    for browser in browsers {
        for number in 0..times {
            let mut browser = browser.at(&world.replicas[number % world.replicas.len()].url);
            requests.push(tokio::spawn(async move {
                let mut status = browser.get(path).await.status;
                while is_asked_again(status, began).await {
                    status = browser.get(path).await.status;
                }
                status
            }));
        }
    }
    let mut statuses = Vec::with_capacity(requests.len());
    for request in requests {
        statuses.push(request.await.unwrap());
    }
    statuses
}

/// What the system keeps in memory for a process, in bytes; 0 where it does not tell it in Linux's way.
pub(crate) fn resident(process: u32) -> usize {
    let text = std::fs::read_to_string(format!("/proc/{process}/statm")).unwrap_or_default();
    text.split_whitespace().nth(1).map_or(0, |pages| pages.parse::<usize>().unwrap() * 4096)
}

/// Waits until something is true, which must not take long.
pub(crate) async fn until(what: &str, mut is_true: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + LONGEST_WAIT;
    while !is_true().await {
        assert!(Instant::now() < deadline, "{what} does not come about");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
