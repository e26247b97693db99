//! The provider is out of reach for many sessions at once: none is lost, nobody presses it, and all come back
//! by themselves.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use scalekit_emulator::{Endpoint, Fault};
use scalekit_sessions::{
    AppData, Current, Device, Identity, Limits, MemoryStore, Person, Presence, Session, SessionId, SessionKey,
    SessionStore, SessionTokens, TOKEN_CALLS_AT_ONCE, record,
};
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::task::JoinHandle;

use crate::support::{ADA, App, app_with, until};

const LIFETIME: i64 = 300;
const SESSIONS: usize = 10_000;

/// Puts so many signed-in sessions into the store, without ten thousand trips through the sign-in pages.
async fn plant_sessions(app: &App, store: &MemoryStore, count: usize) -> Vec<SessionKey> {
    let now = app.state.clock.now();
    let mut keys = Vec::with_capacity(count);
    for _ in 0..count {
        let login = app.emulator.control().login(ADA, None, "openid profile email offline_access").unwrap();
        let claims = claims(&login.access_token);
        let text = |name: &str| claims[name].as_str().unwrap().to_owned();
        let session = Session {
            identity: Identity { user_id: text("sub"), provider_session_id: text("sid"), organization_id: text("oid") },
            person: Person::default(),
            roles: Vec::new(),
            permissions: Vec::new(),
            organization_name: None,
            organization_external_id: None,
            user_external_id: None,
            id_claims: Map::new(),
            access_claims: Map::new(),
            device: Device::default(),
            signed_in_at: now,
            issued_at: now,
            access_issued_at: now,
            access_expires_at: claims["exp"].as_i64().unwrap(),
            ends_at: Limits::default().absolute_end(now),
            refusal: None,
            app_data: AppData::default(),
        };
        let tokens = SessionTokens {
            access_token: SecretString::from(login.access_token),
            id_token: SecretString::from(login.id_token),
            refresh_token: login.refresh_token.map(SecretString::from),
        };
        let key = SessionId::generate().unwrap().key();
        let record =
            record::begin(&app.state.settings.key_ring, &key, &session, &tokens, &Limits::default(), now).unwrap();
        store.create(&key, &record, now).await.unwrap();
        keys.push(key);
    }
    keys
}

fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// Asks for all sessions at once, as requests do.
fn ask(app: &App, keys: &[SessionKey]) -> Vec<JoinHandle<Current>> {
    keys.iter()
        .map(|key| {
            let (sessions, key) = (app.state.sessions.clone(), *key);
            tokio::spawn(async move { sessions.current(&key, Presence::Active).await })
        })
        .collect()
}

/// Asks for all sessions at once; tells how many are signed in. None may have ended.
async fn ask_for_all(app: &App, keys: &[SessionKey]) -> (usize, Vec<u32>) {
    let (mut signed_in, mut waits) = (0, Vec::new());
    for request in ask(app, keys) {
        match request.await.unwrap() {
            Current::SignedIn(_) => signed_in += 1,
            Current::Unavailable { retry_after } => waits.push(retry_after),
            Current::Ended => panic!("a session was lost"),
        }
    }
    (signed_in, waits)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_sessions_that_expire_in_an_outage_come_back_under_the_cap() {
    let store = Arc::new(MemoryStore::default());
    let app = app_with(store.clone(), |_| {}).await;
    app.silence_provider();
    let keys = plant_sessions(&app, &store, SESSIONS).await;
    app.advance(LIFETIME);

    app.emulator.control().add_fault(Fault::status(Endpoint::Token, 503).times(0));
    let mut calls = 0;
    for _ in 0..3 {
        let started = Instant::now();
        let (signed_in, waits) = ask_for_all(&app, &keys).await;
        assert_eq!((signed_in, waits.len()), (0, SESSIONS));
        let (first, last) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
        assert!(*first >= 1 && last > first, "visitors are told different times: {first} to {last}");
        let so_far = app.token_calls("refresh_token");
        let new = usize::try_from(so_far - calls).unwrap();
        // The calls under way when the first one failed, then one trial at the end of each pause. The clock's
        // second changes once more often than a second passes.
        let trials = usize::try_from(started.elapsed().as_secs()).unwrap() + 1;
        assert!(new <= TOKEN_CALLS_AT_ONCE + trials, "{new} calls to a provider that fails");
        calls = so_far;
        app.advance(31);
    }

    app.emulator.control().clear_faults();
    app.emulator.control().reset_counters();
    // Who is turned away because the line is long comes again, as pages and watchers do.
    let deadline = Instant::now() + Duration::from_secs(600);
    while ask_for_all(&app, &keys).await.0 < SESSIONS {
        assert!(Instant::now() < deadline, "the recovery does not come to an end");
    }
    let state = app.emulator.control().state();
    assert_eq!(state.token_calls_of("refresh_token"), u64::try_from(SESSIONS).unwrap(), "one call for each session");
    assert_eq!(state.refresh_reuse, 0);
    let most = usize::try_from(state.most_open_token_calls).unwrap();
    assert!(most <= TOKEN_CALLS_AT_ONCE, "{most} calls at once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_outage_keeps_good_sessions_served_and_expired_ones_waiting() {
    use scalekit_emulator::FaultKind;
    let app = app_with(Arc::new(MemoryStore::default()), |_| {}).await;
    for fault in [
        Fault::status(Endpoint::Token, 502),
        Fault::status(Endpoint::Token, 429).with_retry_after(7),
        Fault::new(Endpoint::Token, FaultKind::Html),
        Fault::new(Endpoint::Token, FaultKind::Truncated),
        Fault::new(Endpoint::Token, FaultKind::DropBefore),
    ] {
        let is_asked_for = fault == Fault::status(Endpoint::Token, 429).with_retry_after(7);
        let rotates_all_the_same = fault == Fault::new(Endpoint::Token, FaultKind::Truncated);
        let mut browser = app.signed_in(ADA).await;
        let faults = app.emulator.control().state().outcomes_of("fault.token");
        app.emulator.control().add_fault(fault.clone().times(1));
        app.advance(LIFETIME - 25);
        assert_eq!(browser.get("/dashboard").await.status, 200, "good for a while: {fault:?}");
        until("the failed refresh", async || {
            app.emulator.control().state().outcomes_of("fault.token") > faults
                && app.emulator.control().open_token_calls() == 0
        })
        .await;
        app.advance(if is_asked_for { 3 } else { 0 });
        assert_eq!(browser.get("/dashboard").await.status, 200, "still good: {fault:?}");
        app.advance(60);
        let mut status = 0;
        // The application may only now get to the failed refresh, and pause for a second.
        until("the end of the pause", async || {
            status = browser.get("/dashboard").await.status;
            status != 503
        })
        .await;
        // A cut answer is an answer lost after the provider rotated: the one case that ends in a sign-in.
        assert_eq!(status, if rotates_all_the_same { 302 } else { 200 }, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retry_after_is_passed_on_and_obeyed() {
    let app = app_with(Arc::new(MemoryStore::default()), |_| {}).await;
    let mut browser = app.signed_in(ADA).await;
    app.advance(LIFETIME);
    app.emulator.control().add_fault(Fault::status(Endpoint::Token, 429).with_retry_after(60));
    let answer = browser.get("/dashboard").await;
    assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 60);
    app.advance(40);
    assert_eq!(browser.get("/dashboard").await.status, 503);
    assert_eq!(app.token_calls("refresh_token"), 1, "nobody calls before the time");
    app.advance(20);
    assert_eq!(browser.get("/dashboard").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_out_works_while_the_provider_is_down() {
    let app = app_with(Arc::new(MemoryStore::default()), |_| {}).await;
    let mut browser = app.signed_in(ADA).await;
    let before = browser.clone();
    for endpoint in [Endpoint::Token, Endpoint::Keys, Endpoint::Logout, Endpoint::Discovery] {
        app.emulator.control().add_fault(Fault::status(endpoint, 503).times(0));
    }
    app.advance(LIFETIME);
    let calls = app.provider_calls();
    assert_eq!(browser.post("/api/logout", &[]).await.status, 302);
    assert_eq!(app.provider_calls(), calls, "nobody waits for the provider");
    assert!(!browser.cookies.contains_key("session"));
    assert_eq!(app.user_of(&mut before.clone()).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_ends_begins_no_token_call_any_more_and_loses_none() {
    let store = Arc::new(MemoryStore::default());
    let app = app_with(store.clone(), |_| {}).await;
    app.silence_provider();
    let keys = plant_sessions(&app, &store, TOKEN_CALLS_AT_ONCE + 8).await;
    app.advance(LIFETIME);
    app.emulator.control().add_fault(Fault::delay(Endpoint::Token, 60_000).times(0));
    let asking = ask(&app, &keys);
    let cap = u64::try_from(TOKEN_CALLS_AT_ONCE).unwrap();
    until("a full house", async || app.emulator.control().open_token_calls() == cap).await;
    // The line is closed before the calls are let go.
    tokio::join!(app.state.sessions.finish_refreshes(Duration::from_secs(60)), async {
        app.emulator.control().clear_faults();
    });
    assert_eq!((app.token_calls("refresh_token"), app.emulator.control().open_token_calls()), (cap, 0));
    let (mut signed_in, mut later) = (0, 0);
    for asked in asking {
        match asked.await.unwrap() {
            Current::SignedIn(_) => signed_in += 1,
            Current::Unavailable { .. } => later += 1,
            Current::Ended => panic!("a session was lost"),
        }
    }
    assert_eq!((signed_in, later), (TOKEN_CALLS_AT_ONCE, 8));
}
