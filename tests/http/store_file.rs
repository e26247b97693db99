//! A store's file that is removed or replaced under the process: readiness and log tell.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use leptos_scalekit::server::{ops::upkeep, state::AppState};
use scalekit_sessions::{Clock, sqlite::SqliteStore};

use crate::support::{app_with_store, settings};

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_file_that_was_removed_under_the_process_makes_it_unready() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db");
    let app = app_with_store(Arc::new(SqliteStore::open(&path).unwrap())).await;
    let mut browser = app.browser();
    assert_eq!(browser.get("/readyz").await.status, 200);
    std::fs::remove_file(&path).unwrap();
    let unready = browser.get("/readyz").await;
    assert_eq!((unready.status, unready.body.as_str()), (503, "not ready\n"), "and its folder is nobody's business");
}

#[derive(Clone, Default)]
struct LogBuffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The clock is stopped and moves by itself as soon as everybody waits.
#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_store_file_that_was_replaced_is_named_in_the_log_within_a_minute_though_nobody_asks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db");
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    let provider = scalekit::Config::new("http://localhost:1", "skc_nobody", "test_nothing".to_owned().into()).unwrap();
    let state = AppState::with_store(settings("http://localhost:3000"), provider, store, Clock::default()).unwrap();
    let kept = LogBuffer::default();
    let writer = kept.clone();
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _log = tracing::subscriber::set_default(log);
    let said = || String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let watching = tokio::spawn(upkeep::watch_store(state));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(said(), "");
    std::fs::copy(&path, folder.path().join("copy")).unwrap();
    std::fs::rename(folder.path().join("copy"), &path).unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(said().contains("ERROR") && said().contains("sessions.db was replaced"), "{}", said());
    watching.abort();
}
