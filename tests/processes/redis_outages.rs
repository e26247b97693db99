//! Processes whose Redis is not there, at the start or later: they stay up, and go on by themselves.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use scalekit_emulator::{Emulator, Options};

use crate::{
    check::{check, emulator, line},
    outages::status,
    support::{ADA, Browser, Process, Redis, World, answer, free_port},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_starts_without_its_redis_and_uses_it_once_it_is_there() {
    let mut redis = Redis::not_yet();
    let port = free_port();
    let folder = tempfile::tempdir().unwrap();
    let app_url = format!("http://localhost:{port}");
    let emulator =
        Emulator::start(Options::default().with_port(0).with_app_url(&app_url).with_shared_key()).await.unwrap();
    let process = Process::start(port, folder.path(), &app_url, emulator.url(), &redis.address());
    process.answers("/healthz", 200).await;
    assert_eq!(status(&process, "/").await, 200);
    assert_eq!(status(&process, "/readyz").await, 503);
    let mut stranger = Browser::new(&process.url);
    stranger.cookies.insert("session".to_owned(), "A".repeat(43));
    assert_eq!(stranger.get("/dashboard").await.status, 503);

    redis.start_again().await;
    process.is_ready().await;
    assert_eq!(stranger.get("/dashboard").await.status, 302);
    assert_eq!(Browser::new(&process.url).sign_in("/auth/login", ADA).await, "/dashboard/profile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_restarts_signs_nobody_out() {
    let mut redis = Redis::start().await;
    let world = World::start(2, &redis.address()).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut people = Vec::new();
    for number in 0..6 {
        let mut browser = world.signed_in().await.at(&world.replicas[number % 2].url);
        let is_over = Arc::clone(&is_over);
        people.push(tokio::spawn(async move {
            let mut statuses = BTreeMap::new();
            while !is_over.load(Ordering::Relaxed) {
                let answer = browser.get("/dashboard").await;
                assert!(answer.status != 503 || !answer.header("retry-after").is_empty());
                *statuses.entry(answer.status).or_insert(0) += 1;
            }
            (statuses, browser.get("/dashboard").await.status)
        }));
    }
    for _ in 0..3 {
        redis.stop();
        for replica in &world.replicas {
            replica.answers("/readyz", 503).await;
        }
        redis.start_again().await;
        for replica in &world.replicas {
            replica.is_ready().await;
        }
    }
    is_over.store(true, Ordering::Relaxed);
    for person in people {
        let (statuses, last) = person.await.unwrap();
        assert!(statuses.keys().all(|status| [200, 503].contains(status)), "never a way to sign-in: {statuses:?}");
        assert_eq!(last, 200, "{statuses:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_was_emptied_sends_everybody_to_sign_in_once() {
    let redis = Redis::start().await;
    let world = World::start(2, &redis.address()).await;
    let browsers = [world.signed_in().await, world.signed_in().await];
    redis.empty();
    for mut browser in browsers {
        for replica in &world.replicas {
            let answer = browser.at(&replica.url).get("/dashboard?x=1").await;
            assert_eq!(answer.location(), "/login?return_to=/dashboard%3Fx%3D1&reason=expired");
        }
        let login = "/auth/login?prompt=login&return_to=/dashboard?x=1";
        assert_eq!(browser.sign_in(login, ADA).await, "/dashboard?x=1");
        for replica in &world.replicas {
            assert_eq!(browser.at(&replica.url).get("/dashboard").await.status, 200);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_is_tried_too_and_one_that_is_down_is_a_failure() {
    let (folder, emulator) = (tempfile::tempdir().unwrap(), emulator().await);
    let mut redis = Redis::start().await;
    let shown = format!("{}/0?prefix=leptos-scalekit", redis.address());
    let (status, output) = answer(check(&folder, &emulator).env("SESSION_STORE", redis.address())).await;
    assert_eq!(line(&output, "store"), format!("ok store {shown}: a record was written, read and deleted"));
    assert_eq!(status, 0, "{output}");
    redis.stop();
    let (status, output) = answer(check(&folder, &emulator).env("SESSION_STORE", redis.address())).await;
    let line = line(&output, "store");
    assert!(line.starts_with(&format!("failure store {shown}")), "{line}");
    assert_eq!(status, 1);
}
