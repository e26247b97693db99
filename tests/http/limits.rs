//! How long sessions last and how many a person has: enforced on the server, by the settings.

use std::{num::NonZeroU32, sync::atomic::Ordering, time::Duration};

use reqwest::Method;
use scalekit_emulator::{Endpoint, Fault};
use scalekit_sessions::Limits;

use crate::support::{ADA, App, Browser, CHARLES, TroubledStore, app, app_with, until};

const MINUTE: i64 = 60;

/// An application whose sessions end after an hour in all and ten minutes idle, two for each person.
async fn limited_app() -> (App, std::sync::Arc<TroubledStore>) {
    let store = TroubledStore::new();
    let app = app_with(store.clone(), |settings| {
        settings.limits = Limits {
            lifetime: Duration::from_secs(3600),
            idle: Duration::from_secs(600),
            per_user: NonZeroU32::new(2).unwrap(),
        };
    })
    .await;
    (app, store)
}

async fn notes(store: &TroubledStore, expected: u64) {
    until("the note of activity", async || store.touches.load(Ordering::SeqCst) >= expected).await;
    assert_eq!(store.touches.load(Ordering::SeqCst), expected);
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    match browser.get("/dashboard").await.status {
        200 => true,
        302 => false,
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_after_its_idle_time_and_says_so() {
    let (app, _) = limited_app().await;
    let mut browser = app.signed_in(ADA).await;
    app.advance(10 * MINUTE);
    let answer = browser.get("/dashboard?x=1").await;
    assert_eq!((answer.status, answer.location()), (302, "/login?return_to=/dashboard%3Fx%3D1&reason=expired"));
    assert_eq!(app.token_calls("refresh_token"), 0, "an ended session is not refreshed");
    assert_eq!(browser.call("/api/refresh_session", "").await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn activity_keeps_a_session_alive_until_its_absolute_end() {
    let (app, store) = limited_app().await;
    let mut browser = app.signed_in(ADA).await;
    for minutes in (0..59).step_by(9).skip(1) {
        app.advance(9 * MINUTE);
        assert!(is_signed_in(&mut browser).await, "after {minutes} minutes");
        notes(&store, minutes / 9).await;
    }
    app.advance(6 * MINUTE);
    assert!(!is_signed_in(&mut browser).await, "after an hour, however active");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn activity_is_written_once_a_minute_however_many_requests_there_are() {
    let (app, store) = limited_app().await;
    let mut browser = app.signed_in(ADA).await;
    for _ in 0..20 {
        assert!(is_signed_in(&mut browser).await);
    }
    assert_eq!(store.touches.load(Ordering::SeqCst), 0, "sign-in is activity");
    app.advance(MINUTE);
    for _ in 0..20 {
        assert!(is_signed_in(&mut browser).await);
        notes(&store, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_only_watches_keeps_no_session_alive() {
    let (app, store) = limited_app().await;
    let mut browser = app.signed_in(ADA).await;
    for _ in 0..9 {
        app.advance(MINUTE);
        assert_eq!(browser.call("/api/refresh_session", "").await.status, 200);
        assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
    }
    assert_eq!(store.touches.load(Ordering::SeqCst), 0);
    app.advance(MINUTE);
    assert_eq!(browser.call("/api/refresh_session", "").await.status, 401);
    assert_eq!(app.user_of(&mut browser).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_fetched_ahead_refreshes_nothing_and_keeps_no_session_alive_until_it_is_opened() {
    let (app, store) = limited_app().await;
    let mut browser = app.signed_in(ADA).await;
    let ahead = async |browser: &mut Browser| {
        let request = browser.request(Method::GET, "/dashboard").header("sec-purpose", "prefetch");
        browser.send(request).await.status
    };
    for minute in 0..5 {
        assert_eq!(ahead(&mut browser).await, 200, "{minute}");
        app.advance(MINUTE);
    }
    assert_eq!(ahead(&mut browser).await, 503, "no tokens are asked for; the browser asks again when it is wanted");
    assert_eq!(app.token_calls("refresh_token"), 0);
    assert_eq!(store.touches.load(Ordering::SeqCst), 0);
    assert_eq!(browser.call("/api/note_presence", "").await.status, 200, "opened");
    assert_eq!(app.token_calls("refresh_token"), 1);
    notes(&store, 1).await;
    app.advance(10 * MINUTE);
    assert_eq!(ahead(&mut browser).await, 302, "what has ended has ended");
    assert_eq!(app.token_calls("refresh_token"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_third_session_ends_the_oldest_of_the_same_person_only() {
    let (app, _) = limited_app().await;
    let mut other = app.signed_in(CHARLES).await;
    let mut browsers = Vec::new();
    // The last two within one second of the clock, perhaps: the newest is never the one that goes.
    for wait in [1, 0, 0] {
        browsers.push(app.signed_in(ADA).await);
        app.advance(wait);
    }
    let [first, second, third] = browsers.as_mut_slice() else { panic!("three browsers") };
    assert!(!is_signed_in(first).await);
    assert!(is_signed_in(second).await && is_signed_in(third).await && is_signed_in(&mut other).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shorter_idle_time_holds_for_sessions_that_began_before() {
    let (app, _) = limited_app().await;
    let mut browser = app.signed_in(ADA).await;
    let strict = app.replica(|settings| settings.limits.idle = Duration::from_secs(300)).await;
    app.advance(5 * MINUTE);
    assert!(!is_signed_in(&mut browser.at(&strict.url)).await);
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_tries_again_in_an_outage_keeps_no_session_alive() {
    let (app, store) = limited_app().await;
    let mut browser = app.signed_in(ADA).await;
    app.emulator.control().add_fault(Fault::status(Endpoint::Token, 503).times(0));
    app.advance(6 * MINUTE);
    for _ in 0..3 {
        assert_eq!(browser.get("/dashboard").await.status, 503);
        app.advance(MINUTE);
    }
    assert_eq!(store.touches.load(Ordering::SeqCst), 0);
    app.advance(MINUTE);
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shorter_lifetime_holds_for_sessions_that_began_before() {
    let (app, _) = limited_app().await;
    let mut browser = app.signed_in(ADA).await;
    let strict = app.replica(|settings| settings.limits.lifetime = Duration::from_secs(120)).await;
    app.advance(2 * MINUTE);
    assert!(!is_signed_in(&mut browser.at(&strict.url)).await);
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sign_ins_at_the_same_moment_one_stays_even_at_a_limit_of_one() {
    let store = TroubledStore::new();
    let app = app_with(store, |settings| settings.limits.per_user = NonZeroU32::MIN).await;
    for round in 0..5 {
        let mut waiting = Vec::new();
        for _ in 0..3 {
            let mut browser = app.browser();
            let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
            waiting.push((browser, callback));
        }
        let sign_ins: Vec<_> = waiting
            .into_iter()
            .map(|(mut browser, callback)| {
                tokio::spawn(async move {
                    assert_eq!(browser.get(&callback).await.status, 302);
                    browser
                })
            })
            .collect();
        let mut alive = 0;
        for sign_in in sign_ins {
            alive += u32::from(is_signed_in(&mut sign_in.await.unwrap()).await);
        }
        assert!(alive >= 1, "round {round}: nobody is signed in");
        app.advance(1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_far_ahead_sweeps_nothing_away_until_it_has_been_so_for_an_hour() {
    const TWO_MONTHS: i64 = 60 * 24 * 60 * MINUTE;
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let clock = &app.state.clock;
    let sessions = &app.state.sessions;
    let sweep_for_minutes = async |minutes: i64| {
        for _ in 0..minutes / 10 {
            sessions.sweep().await;
            app.advance(10 * MINUTE);
        }
    };
    sweep_for_minutes(70).await;
    clock.set_ahead(TWO_MONTHS);
    sweep_for_minutes(50).await;
    clock.set_ahead(-TWO_MONTHS);
    assert!(is_signed_in(&mut browser).await, "the session was not removed");
    sweep_for_minutes(10).await;
    clock.set_ahead(TWO_MONTHS);
    sweep_for_minutes(90).await;
    clock.set_ahead(-TWO_MONTHS);
    assert!(!is_signed_in(&mut browser).await, "the clock was believed in the end");
}
