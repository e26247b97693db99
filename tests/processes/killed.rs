//! One machine with SQLite: processes that are killed, and two that share the file for a moment.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use scalekit_emulator::{Endpoint, Fault};

use crate::support::{ADA, Browser, World, all_at_once, until};

const SQLITE: &str = "sqlite:FOLDER/sessions.db";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_under_load_lose_no_acknowledged_session() {
    let mut world = World::start(1, SQLITE).await;
    let acknowledged: Arc<Mutex<Vec<Browser>>> = Arc::default();
    let stop = Arc::new(AtomicBool::new(false));
    let url = world.replicas[0].url.clone();
    let load: Vec<_> = (0..3)
        .map(|_| {
            let (acknowledged, stop, url) = (Arc::clone(&acknowledged), Arc::clone(&stop), url.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let url = url.clone();
                    // What is cut off by a kill fails in a task of its own.
                    let signed_in = tokio::spawn(async move {
                        let mut browser = Browser::new(&url);
                        browser.sign_in("/auth/login", ADA).await;
                        browser
                    });
                    match signed_in.await {
                        Ok(browser) => acknowledged.lock().unwrap().push(browser),
                        Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                    }
                }
            })
        })
        .collect();

    for round in 0..20 {
        let before = acknowledged.lock().unwrap().len();
        until("load", async || acknowledged.lock().unwrap().len() >= before + 2).await;
        // At another moment of the next sign-ins in each round.
        tokio::time::sleep(Duration::from_millis(7 * round % 90)).await;
        world.replicas[0].kill();
        world.replicas[0].start_again();
        world.replicas[0].is_ready().await;
    }
    stop.store(true, Ordering::Relaxed);
    for load in load {
        load.await.unwrap();
    }

    let browsers = std::mem::take(&mut *acknowledged.lock().unwrap());
    assert!(browsers.len() >= 40, "{} sign-ins", browsers.len());
    let count = browsers.len();
    for mut browser in browsers {
        let answer = browser.call("/api/current_session", "").await;
        assert!(answer.status == 200 && answer.body.contains(ADA), "one of {count} was lost: {}", answer.body);
    }
    let database = rusqlite::Connection::open(world.folder.path().join("sessions.db")).unwrap();
    let verdict: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
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
async fn a_process_that_is_told_to_stop_finishes_its_refresh_and_the_next_one_takes_over() {
    let mut world = World::start(2, SQLITE).await;
    let browser = world.browsers_with_ended_tokens(1).await.remove(0);
    world.emulator.control().add_fault(Fault::delay_after(Endpoint::Token, 1500).for_grant("refresh_token"));
    // The browser does not wait for it.
    let request = browser.request(reqwest::Method::GET, "/dashboard").timeout(Duration::from_millis(500));
    assert!(request.send().await.is_err());
    until("the token call", async || world.emulator.control().open_token_calls() == 1).await;
    world.replicas[0].ask_to_stop();
    assert!(world.replicas[0].ended().await.success());
    assert_eq!(browser.at(&world.replicas[1].url).get("/dashboard").await.status, 200);
    assert_eq!((world.refreshes(), world.reused()), (1, 0));
}
