//! What the log says of a request: each line its id and where the request comes from, wherever in the program
//! it is written. How lines are written is tested in `axum_hardening::log`.

use std::{
    collections::HashSet,
    io,
    sync::{Arc, LazyLock, Mutex},
};

use axum_hardening::log::LoggedClient;
use scalekit_emulator::{Endpoint, Fault};
use serde_json::Value;
use tracing::{Dispatch, subscriber::DefaultGuard};

use crate::support::{ADA, App, Browser, Page, Trouble, TroubledStore, app_with};

/// What this test's thread has logged: all of it, as its runtime has no other thread.
#[derive(Clone, Default)]
pub(crate) struct Log {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// The ids of requests that are over.
    earlier: Arc<Mutex<HashSet<String>>>,
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    pub(crate) fn start(level: tracing::Level) -> (Self, DefaultGuard) {
        // While there is only one dispatcher, `tracing` asks a place that is reached for the first time
        // whether the thread there wants it: another test's, which has none, and so it would stay silent
        // here. A second one makes it ask all.
        static BESIDE: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));
        LazyLock::force(&BESIDE);
        let log = Self::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().json().with_max_level(level).with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// The application's lines since the last call; the emulator runs beside it and writes too.
    pub(crate) fn take(&self) -> Vec<Value> {
        let bytes = std::mem::take(&mut *self.bytes.lock().unwrap());
        let lines = String::from_utf8(bytes).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap());
        let package = env!("CARGO_PKG_NAME").replace('-', "_");
        let ours = [package.as_str(), "axum_hardening", "scalekit::", "scalekit_sessions"];
        let is_ours = |target: &str| ours.iter().any(|name| target.starts_with(name));
        lines.filter(|line: &Value| is_ours(line["target"].as_str().unwrap())).collect()
    }
}

async fn logged_app(client: LoggedClient) -> (App, Arc<TroubledStore>) {
    let store = TroubledStore::new();
    let app = app_with(store.clone(), |settings| settings.logged_client = client).await;
    // A notice that the emulator sends is a request too, at a time of its own, and sent again where nobody
    // takes it.
    app.silence_provider();
    (app, store)
}

fn id_of(page: &Page) -> String {
    page.header("x-request-id").to_owned()
}

fn of_request<'a>(line: &'a Value, field: &str) -> Option<&'a str> {
    let spans = line["spans"].as_array()?;
    spans.iter().find(|span| span["name"] == "request")?[field].as_str()
}

/// Does something, and makes sure that all that is written meanwhile names a request and its client. Answers
/// with the messages and the ids; what an earlier request still had to say is not among them.
async fn written(log: &Log, what: &str, act: impl AsyncFnOnce()) -> (Vec<String>, HashSet<String>) {
    let id = |line: &Value| of_request(line, "id").map(str::to_owned);
    let mut earlier = log.earlier.lock().unwrap().clone();
    earlier.extend(log.take().iter().filter_map(id));
    act().await;
    let mut lines = log.take();
    lines.retain(|line| id(line).is_none_or(|id| !earlier.contains(&id)));
    earlier.extend(lines.iter().filter_map(id));
    *log.earlier.lock().unwrap() = earlier;
    for line in &lines {
        assert_eq!(of_request(line, "client"), Some("127.0.0.0/24"), "{what}: {line}");
        assert!(of_request(line, "id").is_some_and(|id| !id.is_empty()), "{what}: {line}");
    }
    let messages = lines.iter().map(|line| line["fields"]["message"].as_str().unwrap().to_owned()).collect();
    (messages, lines.iter().map(|line| of_request(line, "id").unwrap().to_owned()).collect())
}

#[tokio::test]
async fn every_line_of_a_sign_in_and_of_a_refused_one_has_its_requests_id() {
    let (log, _guard) = Log::start(tracing::Level::DEBUG);
    let (app, store) = logged_app(LoggedClient::Network).await;
    let mut browser = app.browser();
    let (messages, _) = written(&log, "a sign-in", async || {
        assert_eq!(browser.sign_in("/auth/login", ADA).await, "/dashboard/profile");
    })
    .await;
    assert!(!messages.is_empty());

    for path in ["/auth/callback?code=x&state=abcdefgh12", "/auth/callback?code=x&code=y&state=abcdefgh12"] {
        let mut id = String::new();
        let (messages, ids) = written(&log, path, async || id = id_of(&app.browser().get(path).await)).await;
        assert!(messages.iter().any(|message| message == "sign-in refused"), "{messages:?}");
        assert_eq!(ids, HashSet::from([id]), "{path}: the id of the answer, and no other");
    }

    app.emulator.control().add_fault(Fault::status(Endpoint::Token, 400).with_error("invalid_client"));
    let mut other = app.browser();
    let callback = other.sign_in_at_provider("/auth/login", ADA).await;
    let (messages, _) = written(&log, "a code that is refused", async || {
        assert_eq!(other.get(&callback).await.status, 502);
    })
    .await;
    assert!(messages.iter().any(|message| message == "a sign-in could not be completed"), "{messages:?}");

    let mut third = app.browser();
    let callback = third.sign_in_at_provider("/auth/login", ADA).await;
    store.be(Trouble::Down);
    let (messages, _) = written(&log, "a store that fails", async || {
        assert_eq!(third.get(&callback).await.status, 503);
    })
    .await;
    assert!(messages.iter().any(|message| message.contains("could not be taken")), "{messages:?}");
}

#[tokio::test]
async fn every_line_of_pages_and_server_functions_has_its_requests_id() {
    let (log, _guard) = Log::start(tracing::Level::DEBUG);
    let (app, store) = logged_app(LoggedClient::Network).await;
    let mut browser = app.signed_in(ADA).await;
    app.emulator.control().add_fault(Fault::status(Endpoint::Management, 503).times(0));
    let sessions = |browser: &mut Browser| browser.clone();
    let mut page = sessions(&mut browser);
    let (messages, _) = written(&log, "a page", async || {
        assert_eq!(page.get("/dashboard/sessions").await.status, 200);
    })
    .await;
    assert!(messages.iter().any(|message| message.contains("session API failed")), "{messages:?}");
    for function in ["end_session", "end_other_sessions", "refresh_session", "current_session"] {
        let path = format!("/api/{function}");
        let (messages, ids) = written(&log, function, async || {
            browser.call(&path, "id=x").await;
        })
        .await;
        assert!(!messages.is_empty() && ids.len() == 1, "{function}: {messages:?} {ids:?}");
    }
    // A refresh is a task of its own.
    app.emulator.control().add_fault(Fault::status(Endpoint::Token, 503));
    app.advance(6 * 60);
    let (messages, _) = written(&log, "a refresh", async || {
        browser.call("/api/refresh_session", "").await;
    })
    .await;
    assert!(messages.len() > 1, "{messages:?}");
    store.be(Trouble::Down);
    for path in ["/dashboard", "/dashboard/sessions"] {
        written(&log, path, async || {
            assert_eq!(browser.get(path).await.status, 503);
        })
        .await;
    }
}

#[tokio::test]
async fn a_clients_address_is_written_as_far_as_is_set_and_a_warning_has_its_id_however_little_is_logged() {
    let (log, _guard) = Log::start(tracing::Level::WARN);
    for (setting, expected) in [
        (LoggedClient::Off, None),
        (LoggedClient::Network, Some("127.0.0.0/24")),
        (LoggedClient::Full, Some("127.0.0.1")),
    ] {
        let (app, _) = logged_app(setting).await;
        log.take();
        let answer = app.browser().post("/auth/backchannel-logout", &[("logout_token", "nonsense")]).await;
        assert_eq!(answer.status, 400);
        let lines = log.take();
        assert!(!lines.is_empty());
        for line in lines {
            assert_eq!(of_request(&line, "client"), expected, "{line}");
            assert_eq!(of_request(&line, "id"), Some(id_of(&answer).as_str()), "{line}");
        }
    }
}
