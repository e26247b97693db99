//! A store in trouble is a 503, never a way to sign-in and never an open door.

use std::sync::atomic::Ordering;

use crate::support::{ADA, Page, Trouble, TroubledStore, app_with, until};

const LIFETIME: i64 = 300;

fn is_a_page_that_retries(answer: &Page) -> bool {
    answer.status == 503
        && !answer.header("retry-after").is_empty()
        && answer.body.contains("http-equiv=\"refresh\"")
        && !answer.body.contains("Lovelace")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_out_of_reach_is_a_503_for_whoever_has_a_session_cookie_and_heals_by_itself() {
    let store = TroubledStore::new();
    let app = app_with(store.clone(), |_| {}).await;
    let mut browser = app.signed_in(ADA).await;
    store.be(Trouble::Down);
    for path in ["/dashboard", "/dashboard/profile", "/dashboard/sessions"] {
        let answer = browser.get(path).await;
        assert!(is_a_page_that_retries(&answer), "{path}: {}", answer.status);
    }
    for function in ["current_session", "refresh_session", "end_session", "end_other_sessions", "logout"] {
        let answer = browser.call(&format!("/api/{function}"), "id=x").await;
        assert_eq!(answer.status, 503, "{function}");
    }
    assert!(browser.cookies.contains_key("session"), "the cookie is kept");
    assert_eq!(browser.get("/").await.status, 200, "public pages work");
    assert_eq!(app.browser().get("/dashboard").await.status, 302, "who has no cookie needs no store");
    assert_eq!(browser.get("/healthz").await.status, 200);
    let unready = browser.get("/readyz").await;
    assert_eq!((unready.status, unready.body.as_str()), (503, "not ready\n"));
    store.be(Trouble::No);
    assert_eq!(browser.get("/dashboard").await.status, 200);
    assert_eq!(browser.get("/readyz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_that_leads_nowhere_opens_no_door_while_the_store_is_down() {
    let store = TroubledStore::new();
    let app = app_with(store.clone(), |_| {}).await;
    let mut stranger = app.browser();
    stranger.cookies.insert("session".to_owned(), "A".repeat(43));
    store.be(Trouble::Down);
    assert_eq!(stranger.get("/dashboard").await.status, 503);
    store.be(Trouble::No);
    assert_eq!(stranger.get("/dashboard").await.status, 302);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_can_not_be_stored_begins_nothing() {
    let store = TroubledStore::new();
    let app = app_with(store.clone(), |_| {}).await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    store.be(Trouble::ReadOnly);
    assert_eq!(browser.get(&callback).await.status, 503);
    assert!(!browser.cookies.contains_key("session"));
    assert_eq!(app.token_calls("authorization_code"), 0, "the code was not spent");
    store.be(Trouble::No);
    let landed = browser.get(&callback).await;
    assert_eq!(landed.status, 302, "the same answer still works: {}", landed.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_only_reads_serves_good_sessions_and_signs_nobody_out() {
    let store = TroubledStore::new();
    let app = app_with(store.clone(), |_| {}).await;
    let mut browser = app.signed_in(ADA).await;
    store.be(Trouble::ReadOnly);
    app.advance(120);
    assert_eq!(browser.get("/dashboard").await.status, 200);
    let answer = browser.post("/api/logout", &[]).await;
    assert_eq!(answer.status, 503, "a session that can't be ended is not said to be");
    assert!(browser.cookies.contains_key("session"));
    app.advance(LIFETIME);
    assert_eq!(browser.get("/dashboard").await.status, 503);
    assert_eq!(app.token_calls("refresh_token"), 0, "without a lease no refresh token is spent");
    store.be(Trouble::No);
    assert_eq!(browser.get("/dashboard").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_token_is_offered_again_to_a_store_that_fails_for_a_moment() {
    let store = TroubledStore::new();
    let app = app_with(store.clone(), |_| {}).await;
    let mut browser = app.signed_in(ADA).await;
    app.advance(LIFETIME);
    store.fail_replaces(2);
    assert_eq!(browser.get("/dashboard").await.status, 200);
    assert_eq!(store.replaces.load(Ordering::SeqCst), 3);
    app.advance(LIFETIME);
    assert_eq!(browser.get("/dashboard").await.status, 200);
    let state = app.emulator.control().state();
    assert_eq!((state.token_calls_of("refresh_token"), state.refresh_reuse), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_whose_rotated_token_can_not_be_stored_ends_cleanly() {
    let store = TroubledStore::new();
    let app = app_with(store.clone(), |_| {}).await;
    let mut browser = app.signed_in(ADA).await;
    app.advance(LIFETIME);
    store.be(Trouble::NoReplace);
    let asked = tokio::spawn(async move { (browser.get("/dashboard?x=1").await, browser) });
    until("several attempts", async || store.replaces.load(Ordering::SeqCst) > 3).await;
    // A minute later it is given up.
    app.advance(60);
    let (answer, mut browser) = asked.await.unwrap();
    assert_eq!(answer.location(), "/login?return_to=/dashboard%3Fx%3D1&reason=expired");
    assert_eq!(browser.get("/dashboard").await.status, 302);
    assert_eq!(app.token_calls("refresh_token"), 1, "a spent refresh token is never shown again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_that_lost_its_lease_while_the_store_failed_still_saves_the_session() {
    let store = TroubledStore::new();
    let app = app_with(store.clone(), |_| {}).await;
    let replica = app.replica(|_| {}).await;
    let mut browser = app.signed_in(ADA).await;
    let mut elsewhere = browser.at(&replica.url);
    app.advance(LIFETIME);
    // The first replica has the new token, but can't write it for a second and a half.
    store.be_until_replaces(Trouble::NoReplaceNoLease, 3);
    let first = tokio::spawn(async move { (browser.get("/dashboard").await.status, browser) });
    until("the rotation", async || store.replaces.load(Ordering::SeqCst) > 0).await;
    // The second one, which nothing holds back, sees that somebody has begun, and waits for what the first
    // one writes.
    assert_eq!(elsewhere.get("/dashboard").await.status, 200);
    let (status, mut browser) = first.await.unwrap();
    assert_eq!(status, 200);
    app.advance(LIFETIME);
    assert_eq!(browser.get("/dashboard").await.status, 200, "the token that was kept is the good one");
    let state = app.emulator.control().state();
    assert_eq!((state.token_calls_of("refresh_token"), state.refresh_reuse), (2, 0), "no spent token was shown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_fails_half_way_leaves_the_browser_the_session_it_had() {
    let store = TroubledStore::new();
    let app = app_with(store.clone(), |_| {}).await;
    let mut browser = app.signed_in(ADA).await;
    let callback = browser.sign_in_at_provider("/auth/login?prompt=login", ADA).await;
    store.be(Trouble::NoList);
    assert_eq!(browser.get(&callback).await.status, 503);
    store.be(Trouble::No);
    assert_eq!(browser.get("/dashboard").await.status, 200);
}
