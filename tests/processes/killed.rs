//! One machine with SQLite: processes that are killed, and two that share the file for a moment.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use scalekit_emulator::{Endpoint, Fault};

use crate::support::{ADA, Browser, World, all_at_once, until};

const SQLITE: &str = "sqlite:FOLDER/sessions.db";

/// How long whoever finds the process dead waits before the next attempt.
const PAUSE: Duration = Duration::from_millis(20);

/// People who sign in and load pages without end, whatever becomes of the process.
#[derive(Default)]
struct Load {
    /// Browsers that have received their session's cookie.
    acknowledged: Mutex<Vec<Browser>>,
    pages: AtomicU64,
    is_over: AtomicBool,
}

impl Load {
    async fn sign_in(self: Arc<Self>, url: String) {
        while !self.is_over.load(Ordering::Relaxed) {
            let mut browser = Browser::new(&url);
            match browser.try_sign_in("/auth/login", ADA).await {
                Ok(_) => self.acknowledged.lock().unwrap().push(browser),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Loads pages as the latest who signed in.
    async fn load_pages(self: Arc<Self>) {
        while !self.is_over.load(Ordering::Relaxed) {
            let latest = self.acknowledged.lock().unwrap().last().cloned();
            let Some(mut browser) = latest else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            match browser.try_get("/dashboard").await {
                Ok(page) => {
                    assert_eq!(page.status, 200, "an acknowledged session is not there: {}", page.location());
                    self.pages.fetch_add(1, Ordering::Relaxed);
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Sign-ins and pages so far.
    fn so_far(&self) -> (usize, u64) {
        (self.acknowledged.lock().unwrap().len(), self.pages.load(Ordering::Relaxed))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_under_load_lose_no_acknowledged_session() {
    let mut world = World::start(1, SQLITE).await;
    let load = Arc::new(Load::default());
    let url = world.replicas[0].url.clone();
    let mut people: Vec<_> = (0..3).map(|_| tokio::spawn(Arc::clone(&load).sign_in(url.clone()))).collect();
    people.extend((0..2).map(|_| tokio::spawn(Arc::clone(&load).load_pages())));

    for round in 0..20 {
        let before = load.so_far();
        until("load", async || {
            let now = load.so_far();
            assert!(people.iter().all(|person| !person.is_finished()), "somebody gave up in round {round}");
            now.0 >= before.0 + 2 && now.1 > before.1
        })
        .await;
        // At another moment of the next sign-ins in each round.
        tokio::time::sleep(Duration::from_millis(7 * round % 90)).await;
        world.replicas[0].kill();
        world.replicas[0].start_again();
        world.replicas[0].is_ready().await;
        assert_eq!(integrity(&world), "ok", "round {round}");
    }
    load.is_over.store(true, Ordering::Relaxed);
    for person in people {
        person.await.unwrap();
    }

    let browsers = std::mem::take(&mut *load.acknowledged.lock().unwrap());
    let count = browsers.len();
    for mut browser in browsers {
        let answer = browser.call("/api/current_session", "").await;
        assert!(answer.status == 200 && answer.body.contains(ADA), "one of {count} was lost: {}", answer.body);
    }
}

/// What SQLite says about the file.
fn integrity(world: &World) -> String {
    let database = rusqlite::Connection::open(world.folder.path().join("sessions.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_file_refresh_each_session_once() {
    let world = World::start(2, SQLITE).await;
    let browsers = world.browsers_with_ended_tokens(10).await;
    let statuses = all_at_once(&world, &browsers, "/dashboard", 8).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!((world.refreshes(), world.reused()), (10, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_told_to_stop_finishes_its_refreshes_and_the_next_one_takes_over() {
    let mut world = World::start(2, SQLITE).await;
    let mut browsers = world.browsers_with_ended_tokens(2).await;
    let (gone, mut waiting) = (browsers.remove(0), browsers.remove(0));
    let other = &world.replicas[1].url;
    let elsewhere = [gone.at(other), waiting.at(other)];
    let control = world.emulator.control();
    for milliseconds in [1500, 3000] {
        control.add_fault(Fault::delay_after(Endpoint::Token, milliseconds).for_grant("refresh_token"));
    }
    // One browser waits for its page. The other goes away, and nothing waits for its refresh, which takes
    // longer.
    let waiting = tokio::spawn(async move { waiting.get("/dashboard").await.status });
    // Calls so far, not open ones: on a busy machine it may be answered before anybody looks.
    until("a token call", async || control.state().token_calls_of("refresh_token") == 1).await;
    let request = tokio::spawn(gone.request(reqwest::Method::GET, "/dashboard").send());
    until("the other", async || control.state().token_calls_of("refresh_token") == 2).await;
    request.abort();
    world.replicas[0].ask_to_stop();
    assert!(world.replicas[0].ended().await.success());
    assert_eq!(waiting.await.unwrap(), 200);
    for mut browser in elsewhere {
        assert_eq!(browser.get("/dashboard").await.status, 200);
    }
    assert_eq!((world.refreshes(), world.reused()), (2, 0));
}
