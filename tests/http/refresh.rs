//! Staying signed in: one refresh per lifetime, whoever asks; ended sessions end; hiccups end nothing.

use std::sync::atomic::Ordering;

use scalekit_emulator::{Endpoint, Fault, FaultKind, SettingsChange};
use serde_json::json;

use crate::support::{ADA, App, Browser, CHARLES, TroubledStore, app, app_that_gives_up, app_with_store, until};

/// The access token's lifetime in the emulator's built-in environment.
const LIFETIME: i64 = 300;

/// Sends the same request so many times at once and answers with the statuses.
async fn at_once(browser: &Browser, path: &'static str, times: usize) -> Vec<u16> {
    let requests: Vec<_> = (0..times)
        .map(|_| {
            let mut browser = browser.clone();
            tokio::spawn(async move { browser.get(path).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(request.await.unwrap());
    }
    statuses
}

async fn refresh_calls_settle(app: &App, expected: u64) {
    until("the refresh", async || {
        app.token_calls("refresh_token") >= expected && app.emulator.control().open_token_calls() == 0
    })
    .await;
    assert_eq!(app.token_calls("refresh_token"), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_requests_at_expiry_make_one_refresh_and_all_are_served() {
    let app = app().await;
    let browser = app.signed_in(ADA).await;
    for round in 1..=3 {
        app.advance(LIFETIME);
        assert_eq!(at_once(&browser, "/dashboard", 50).await, [200; 50]);
        assert_eq!(app.token_calls("refresh_token"), round);
    }
    assert_eq!(app.emulator.control().state().refresh_reuse, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fresh_session_costs_no_provider_call_at_all() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let calls = app.provider_calls();
    app.advance(LIFETIME - 100);
    for _ in 0..10 {
        assert_eq!(browser.get("/dashboard/profile").await.status, 200);
    }
    assert_eq!(browser.call("/api/refresh_session", "").await.status, 200);
    assert_eq!(app.provider_calls(), calls);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_due_is_served_at_once_and_refreshed_beside_the_request() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    app.advance(LIFETIME - 25);
    app.emulator.control().add_fault(Fault::delay(Endpoint::Token, 60_000));
    assert_eq!(browser.get("/dashboard").await.status, 200);
    assert_eq!(app.emulator.control().state().outcomes_of("token.refresh_token.ok"), 0, "the page did not wait");
    until("the refresh", async || app.emulator.control().open_token_calls() == 1).await;
    app.emulator.control().clear_faults();
    refresh_calls_settle(&app, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_brings_new_roles_and_keeps_the_cookie() {
    let app = app().await;
    let mut browser = app.signed_in(CHARLES).await;
    let cookie = browser.cookies["session"].clone();
    app.emulator.control().set_roles(CHARLES, "org_103845067215790101", &["admin"]).unwrap();
    let roles = |body: &str| serde_json::from_str::<serde_json::Value>(body).unwrap()["session"]["roles"].clone();
    assert_eq!(roles(&browser.call("/api/current_session", "").await.body), json!(["member"]));
    app.advance(LIFETIME);
    assert_eq!(roles(&browser.call("/api/current_session", "").await.body), json!(["admin"]));
    assert_eq!(browser.cookies["session"], cookie, "rotation needs no new cookie");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_without_a_new_id_token_keeps_the_person_and_the_sign_out_hint() {
    let app = app().await;
    app.emulator
        .control()
        .change_settings(SettingsChange { id_token_on_refresh: Some(false), ..SettingsChange::default() });
    let mut browser = app.signed_in(ADA).await;
    app.advance(LIFETIME);
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
    let answer = browser.post("/api/logout", &[]).await;
    assert!(answer.location().contains("id_token_hint="));
}

/// A mark says that a token is being spent, and whoever finds it waits for the one who does. A token that
/// stays good is not spent, so its mark must not outlive the refresh.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_does_not_rotate_makes_no_refresh_wait_for_the_one_before() {
    let store = TroubledStore::new();
    let app = app_with_store(store.clone()).await;
    let control = app.emulator.control();
    control.change_settings(SettingsChange { rotate_refresh_tokens: Some(false), ..SettingsChange::default() });
    control.change_settings(SettingsChange { access_token_lifetime: Some(30), ..SettingsChange::default() });
    let mut browser = app.signed_in(ADA).await;
    for without_any in [false, true] {
        if without_any {
            control.change_token_response(json!({ "refresh_token": null }).as_object().unwrap().clone(), 0);
        }
        let mut looks = Vec::new();
        for _ in 0..2 {
            app.advance(30);
            let before = store.loads.load(Ordering::SeqCst);
            assert_eq!(browser.get("/dashboard").await.status, 200);
            looks.push(store.loads.load(Ordering::SeqCst) - before);
        }
        assert_eq!(looks[0], looks[1], "nobody looks again and again whether somebody else has spent it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ended_at_the_provider_ends_here_at_the_next_refresh() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let sid = app.emulator.control().sessions()[0].sid.clone();
    app.silence_provider();
    assert!(app.emulator.control().end_session(&sid));
    assert_eq!(browser.get("/dashboard").await.status, 200, "the access token is still good");
    app.advance(LIFETIME);
    let answer = browser.get("/dashboard").await;
    assert_eq!((answer.status, answer.location()), (302, "/login?return_to=/dashboard&reason=expired"));
    assert_eq!(app.token_calls("refresh_token"), 1);
    assert_eq!(browser.get("/dashboard").await.status, 302);
    assert_eq!(app.token_calls("refresh_token"), 1, "an ended session is not refreshed again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_hiccup_keeps_the_session() {
    let app = app_that_gives_up().await;
    for fault in [
        Fault::status(Endpoint::Token, 500),
        Fault::status(Endpoint::Token, 503),
        Fault::status(Endpoint::Token, 429).with_retry_after(2),
        Fault::new(Endpoint::Token, FaultKind::Garbage),
        Fault::new(Endpoint::Token, FaultKind::Html),
        Fault::new(Endpoint::Token, FaultKind::DropBefore),
        Fault::new(Endpoint::Token, FaultKind::Hang),
        Fault::status(Endpoint::Token, 401).with_error("invalid_client"),
    ] {
        let mut browser = app.signed_in(ADA).await;
        app.advance(LIFETIME);
        app.emulator.control().add_fault(fault.clone());
        let answer = browser.get("/dashboard").await;
        assert_eq!(answer.status, 503, "{fault:?}");
        assert!(
            !answer.header("retry-after").is_empty() && answer.body.contains("http-equiv=\"refresh\""),
            "{fault:?}"
        );
        assert!(!answer.body.contains("Lovelace"));
        assert!(browser.cookies.contains_key("session"), "{fault:?}");
        assert_eq!(browser.get("/").await.status, 200, "public pages go on: {fault:?}");
        app.emulator.control().clear_faults();
        app.advance(31);
        assert_eq!(browser.get("/dashboard").await.status, 200, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odd_refusal_of_one_session_holds_up_no_other() {
    let app = app().await;
    let (mut refused, mut other) = (app.signed_in(ADA).await, app.signed_in(CHARLES).await);
    app.state.clock.stop();
    app.advance(LIFETIME);
    app.emulator.control().add_fault(Fault::status(Endpoint::Token, 400).with_error("invalid_request"));
    assert_eq!(refused.get("/dashboard").await.status, 503);
    assert_eq!(other.get("/dashboard").await.status, 200, "nobody else has to wait");
    assert_eq!(app.token_calls("refresh_token"), 2);
    // However often its pages ask, the provider is not asked again before the time.
    for _ in 0..5 {
        let answer = refused.get("/dashboard").await;
        assert_eq!(answer.status, 503);
        assert!(!answer.header("retry-after").is_empty());
        assert_eq!(app.token_calls("refresh_token"), 2);
    }
    app.advance(2);
    assert_eq!(refused.get("/dashboard").await.status, 200, "the session was kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_fails_is_not_the_one_that_tries_next() {
    let app = app().await;
    let (mut failing, mut other) = (app.signed_in(ADA).await, app.signed_in(CHARLES).await);
    app.state.clock.stop();
    app.advance(LIFETIME);
    app.emulator.control().add_fault(Fault::status(Endpoint::Token, 500));
    assert_eq!(failing.get("/dashboard").await.status, 503);
    // The pause of all is over; its page asks first, but it is somebody else's turn to try whether the
    // provider is back.
    app.advance(1);
    let answer = failing.get("/dashboard").await;
    assert_eq!((answer.status, app.token_calls("refresh_token")), (503, 1));
    assert_eq!(other.get("/dashboard").await.status, 200);
    app.advance(1);
    assert_eq!(failing.get("/dashboard").await.status, 200, "the session was kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_token_is_good_a_failing_provider_is_not_noticed() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    app.state.clock.stop();
    app.advance(LIFETIME - 25);
    app.emulator.control().add_fault(Fault::status(Endpoint::Token, 500).times(0));
    for _ in 0..5 {
        assert_eq!(browser.get("/dashboard").await.status, 200);
        assert_eq!(browser.call("/api/refresh_session", "").await.status, 200);
    }
    assert_eq!(app.token_calls("refresh_token"), 1, "after the first failure it is left alone for two seconds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_lost_after_the_provider_rotated_ends_in_one_clean_sign_in() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    app.advance(LIFETIME);
    app.emulator.control().add_fault(Fault::new(Endpoint::Token, FaultKind::DropAfter));
    assert_eq!(browser.get("/dashboard?x=1").await.status, 503);
    app.advance(31);
    let answer = browser.get("/dashboard?x=1").await;
    assert_eq!(answer.location(), "/login?return_to=/dashboard%3Fx%3D1&reason=expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_can_not_be_fetched_lose_no_rotated_token() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    app.emulator.control().rotate_keys(false).unwrap();
    app.advance(LIFETIME + 60);
    app.emulator.control().add_fault(Fault::status(Endpoint::Keys, 503).times(0));
    assert_eq!(browser.get("/dashboard").await.status, 503);
    app.emulator.control().clear_faults();
    app.advance(60);
    assert_eq!(browser.get("/dashboard").await.status, 200);
    assert_eq!(app.emulator.control().state().refresh_reuse, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signing_key_that_is_not_published_yet_keeps_the_session_and_its_rotated_token() {
    use scalekit_emulator::{Tamper, TokenKind};
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    app.advance(LIFETIME);
    app.emulator.control().tamper(Tamper::new(TokenKind::Access).header("kid", "snk_not_published"));
    assert_eq!(browser.get("/dashboard").await.status, 503);
    app.emulator.control().clear_tamper();
    app.advance(31);
    assert_eq!(browser.get("/dashboard").await.status, 200);
    assert_eq!(app.emulator.control().state().refresh_reuse, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_goes_away_during_a_refresh_loses_nothing() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    app.advance(LIFETIME);
    app.emulator.control().add_fault(Fault::delay(Endpoint::Token, 60_000));
    let gone = tokio::spawn(browser.request(reqwest::Method::GET, "/dashboard").send());
    until("the token call", async || app.emulator.control().open_token_calls() == 1).await;
    gone.abort();
    app.emulator.control().clear_faults();
    assert_eq!(browser.get("/dashboard").await.status, 200);
    assert_eq!(app.token_calls("refresh_token"), 1);
    assert_eq!(app.emulator.control().state().refresh_reuse, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_wrong_ends_no_session() {
    use scalekit_emulator::{Tamper, TokenKind};
    let app = app().await;
    for (claim, minutes) in [("iat", 5), ("nbf", 5), ("exp", -5)] {
        let mut browser = app.signed_in(ADA).await;
        app.advance(LIFETIME);
        let time = app.state.clock.now() + minutes * 60;
        app.emulator.control().tamper(Tamper::new(TokenKind::Access).claim(claim, time));
        assert_eq!(browser.get("/dashboard").await.status, 503, "{claim}");
        app.emulator.control().clear_tamper();
        app.advance(31);
        assert_eq!(browser.get("/dashboard").await.status, 200, "{claim}");
    }
    assert_eq!(app.emulator.control().state().refresh_reuse, 0);
}
