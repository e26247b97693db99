//! `SESSION_SECRET` with several keys: the newest writes, all read, and records are sealed anew as they are
//! used, so that an old key can be taken away without signing anybody out.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, RandomizedNonceKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use leptos_scalekit::server::settings::Settings;
use scalekit_sessions::{
    KeyRing, MemoryStore, Purpose, SessionId, SessionKey, SessionStore as _, record::is_sealed_by_an_older_key,
};
use secrecy::SecretString;

use crate::support::{ADA, app_with, until};

const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

fn keys(keys: &[&str]) -> impl FnOnce(&mut Settings) {
    let ring = KeyRing::parse(&SecretString::from(keys.join(","))).unwrap();
    move |settings| settings.key_ring = ring
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_rotated_in_three_steps_and_nobody_is_signed_out() {
    let app = app_with(Arc::new(MemoryStore::default()), keys(&[OLD])).await;
    let mut browser = app.signed_in(ADA).await;
    let new_only = app.replica(keys(&[NEW])).await;
    assert_eq!(browser.at(&new_only.url).get("/dashboard").await.status, 302, "the new key alone reads nothing yet");

    // Step one: every replica reads the new key, the old one writes.
    let old_first = app.replica(keys(&[OLD, NEW])).await;
    assert_eq!(browser.at(&old_first.url).get("/dashboard").await.status, 200);
    // Step two: the new key writes. Using the session seals it anew, as its activity is noted.
    app.advance(60);
    let new_first = app.replica(keys(&[NEW, OLD])).await;
    assert_eq!(browser.at(&new_first.url).get("/dashboard").await.status, 200);
    // Step three: the old key goes.
    let mut moved = browser.at(&new_only.url);
    until("a record sealed with the new key", async || moved.get("/dashboard").await.status == 200).await;
    assert_eq!(browser.at(&old_first.url).get("/dashboard").await.status, 200, "step one can still read it");
    assert_eq!(browser.get("/dashboard").await.status, 302, "the old key alone can't");

    app.advance(300);
    assert_eq!(moved.get("/dashboard").await.status, 200, "the tokens were sealed anew too");
    assert_eq!(app.emulator.control().state().refresh_reuse, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_attempt_that_began_before_the_rotation_is_completed_after_it() {
    let app = app_with(Arc::new(MemoryStore::default()), keys(&[OLD])).await;
    let rotated = app.replica(keys(&[NEW, OLD])).await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login?return_to=/dashboard", ADA).await;
    let landed = browser.at(&rotated.url).get(&callback.replace(&app.url, &rotated.url)).await;
    assert_eq!((landed.status, landed.location()), (302, "/dashboard"));
}

/// Seals a record's part anew as releases before HKDF did: with the key itself.
fn as_before(ring: &KeyRing, purpose: Purpose, label: &str, row: &SessionKey, part: &[u8]) -> Vec<u8> {
    let mut text = ring.open(purpose, row.as_bytes(), part).unwrap();
    let key = RandomizedNonceKey::new(&AES_256_GCM, &STANDARD.decode(OLD).unwrap()).unwrap();
    let bound = Aad::from([label.as_bytes(), b"\0", row.as_bytes()].concat());
    let nonce = key.seal_in_place_append_tag(bound, &mut text).unwrap();
    // The key's name is the same.
    [&[1], &part[1..5], nonce.as_ref().as_slice(), &text].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_of_a_release_without_derived_keys_lives_on_and_is_sealed_anew() {
    let store = Arc::new(MemoryStore::default());
    let app = app_with(store.clone(), keys(&[OLD])).await;
    let mut browser = app.signed_in(ADA).await;
    let ring = &app.state.settings.key_ring;
    let row = SessionId::parse(&browser.cookies["session"]).unwrap().key();
    let record = store.load(&row, app.state.clock.now()).await.unwrap().unwrap();
    let claims = as_before(ring, Purpose::SessionClaims, "session claims", &row, &record.claims);
    let tokens = as_before(ring, Purpose::SessionTokens, "session tokens", &row, &record.tokens);
    store.replace(&row, record.version, &claims, &tokens, app.state.clock.now()).await.unwrap();
    assert_eq!(browser.get("/dashboard").await.status, 200);
    app.advance(60);
    until("a record sealed anew", async || {
        assert_eq!(browser.get("/dashboard").await.status, 200);
        let record = store.load(&row, app.state.clock.now()).await.unwrap().unwrap();
        record.claims[0] == 2 && !is_sealed_by_an_older_key(ring, &record)
    })
    .await;
    app.advance(300);
    assert_eq!(browser.get("/dashboard").await.status, 200, "the tokens too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_and_sealing_anew_at_the_same_time_lose_no_rotated_token() {
    let app = app_with(Arc::new(MemoryStore::default()), keys(&[OLD])).await;
    let browser = app.signed_in(ADA).await;
    for round in 0..5 {
        let (first, second) = if round % 2 == 0 { (NEW, OLD) } else { (OLD, NEW) };
        let replica = app.replica(keys(&[first, second])).await;
        // Due, not expired: the requests are served at once, while refresh and seal run beside them.
        app.advance(280);
        let requests: Vec<_> = (0..10)
            .map(|_| {
                let mut browser = browser.at(&replica.url);
                tokio::spawn(async move { browser.get("/dashboard").await.status })
            })
            .collect();
        for request in requests {
            assert_eq!(request.await.unwrap(), 200);
        }
        until("the refresh", async || {
            app.token_calls("refresh_token") > round && app.emulator.control().open_token_calls() == 0
        })
        .await;
        assert_eq!(browser.at(&replica.url).get("/dashboard").await.status, 200);
    }
    assert_eq!(app.emulator.control().state().refresh_reuse, 0);
}
