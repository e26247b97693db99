//! Processes whose provider or store is not there, at the start or later: they stay up, and go on by themselves.

use scalekit_emulator::{Emulator, Options};

use crate::support::{ADA, Browser, Process, Redis, World, free_port};

async fn status(process: &Process, path: &str) -> u16 {
    Browser::new(&process.url).get(path).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_starts_without_its_provider_and_signs_people_in_once_it_is_there() {
    let (port, provider_port) = (free_port(), free_port());
    let folder = tempfile::tempdir().unwrap();
    let app_url = format!("http://localhost:{port}");
    let provider = format!("http://localhost:{provider_port}");
    let process = Process::start(port, folder.path(), &app_url, &provider, "sqlite:sessions.db");
    process.answers("/healthz", 200).await;
    assert_eq!(status(&process, "/").await, 200);
    assert_eq!(status(&process, "/dashboard").await, 302);
    assert_eq!(status(&process, "/readyz").await, 503);

    let options = Options::default().with_port(provider_port).with_app_url(&app_url);
    let _emulator = Emulator::start(options).await.unwrap();
    process.is_ready().await;
    assert_eq!(Browser::new(&process.url).sign_in("/auth/login", ADA).await, "/dashboard/profile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_starts_without_its_redis_and_uses_it_once_it_is_there() {
    let mut redis = Redis::not_yet();
    let port = free_port();
    let folder = tempfile::tempdir().unwrap();
    let app_url = format!("http://localhost:{port}");
    let emulator = Emulator::start(Options::default().with_port(0).with_app_url(&app_url)).await.unwrap();
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
async fn a_redis_that_restarts_signs_nobody_out_and_one_that_was_emptied_does_so_once() {
    let mut redis = Redis::start().await;
    let world = World::start(1, &redis.address()).await;
    let mut browser = world.signed_in().await;
    redis.stop();
    for _ in 0..5 {
        let answer = browser.get("/dashboard").await;
        assert_eq!(answer.status, 503, "never a way to sign-in: {}", answer.location());
    }
    redis.start_again().await;
    world.replicas[0].is_ready().await;
    assert_eq!(browser.get("/dashboard").await.status, 200);

    redis.empty();
    let answer = browser.get("/dashboard?x=1").await;
    assert_eq!(answer.location(), "/login?return_to=/dashboard%3Fx%3D1&reason=expired");
    assert_eq!(browser.sign_in("/auth/login?prompt=login&return_to=/dashboard?x=1", ADA).await, "/dashboard?x=1");
    assert_eq!(browser.get("/dashboard").await.status, 200);
}
