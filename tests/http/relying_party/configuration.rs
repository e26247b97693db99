//! Discovery and keys: the modules of `oidcc-client-config-certification-test-plan`, and key sets with traps
//! in them.
//!
//! The application does not configure itself by discovery: Scalekit's endpoints are known, and a client that
//! followed a document would send its secret wherever the document points.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use scalekit_emulator::{Endpoint, Replacement, Signature, Tamper, TokenKind};
use serde_json::{Value, json};

use super::{elsewhere::Elsewhere, published_keys, refuses};
use crate::support::{ADA, App, app};

/// A discovery document in which every endpoint is somewhere else.
fn misleading(elsewhere: &Elsewhere) -> Replacement {
    let endpoints = [
        ("authorization_endpoint", "/oauth/authorize"),
        ("token_endpoint", "/oauth/token"),
        ("userinfo_endpoint", "/userinfo"),
        ("jwks_uri", "/keys"),
        ("end_session_endpoint", "/oidc/logout"),
        ("revocation_endpoint", "/revoke"),
    ];
    endpoints
        .iter()
        .fold(Replacement::new(Endpoint::Discovery).times(0), |document, (name, path)| {
            document.member(name, format!("{}{path}", elsewhere.url))
        })
        .member("issuer", elsewhere.url.as_str())
}

/// Not applicable to sign-ins: the document is not asked for. `check` asks for it and believes nothing but
/// the issuer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discovery_openid_config() {
    let app = app().await;
    drop(app.signed_in(ADA).await);
    assert_eq!(app.emulator.control().state().calls_of(Endpoint::Discovery), 0);
    assert!(app.state.scalekit.discover().await.unwrap().is_of(&app.state.scalekit));
}

/// The document names another issuer, and here everything else of it is wrong too: nothing goes where it
/// points.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discovery_issuer_mismatch() {
    let (app, elsewhere) = (app().await, Elsewhere::start().await);
    app.emulator.control().replace_answer(misleading(&elsewhere));
    let discovery = app.state.scalekit.discover().await.unwrap();
    assert!(!discovery.is_of(&app.state.scalekit), "`check` says so");

    let mut browser = app.signed_in(ADA).await;
    app.advance(300);
    assert_eq!(browser.get("/dashboard").await.status, 200);
    let sign_out = browser.post("/api/logout", &[]).await;
    assert!(sign_out.location().starts_with(&format!("{}/oidc/logout?", app.emulator.url())));
    assert_eq!(elsewhere.received(), Vec::<String>::new());
}

/// Keys come from the environment's own `/keys`, whatever `jwks_uri` says, and are not asked for before they
/// are needed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discovery_jwks_uri_keys() {
    let (app, elsewhere) = (app().await, Elsewhere::start().await);
    app.emulator.control().replace_answer(misleading(&elsewhere));
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    assert_eq!(app.emulator.control().state().calls_of(Endpoint::Keys), 0);
    assert_eq!(browser.get(&callback).await.status, 302);
    assert_eq!(app.emulator.control().state().calls_of(Endpoint::Keys), 1);
    assert_eq!(elsewhere.received(), Vec::<String>::new());
}

/// The provider has rotated between the request and the signature; the client has the old keys.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_key_rotation_just_before_signing() {
    for keep_old in [true, false] {
        let app = app().await;
        drop(app.signed_in(ADA).await);
        let mut browser = app.browser();
        let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
        app.emulator.control().rotate_keys(keep_old).unwrap();
        assert_eq!(browser.get(&callback).await.status, 302, "{keep_old}");
        assert_eq!(app.emulator.control().state().calls_of(Endpoint::Keys), 2, "{keep_old}");
    }
}

/// The provider rotates between two sign-ins, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_key_rotation() {
    let app = app().await;
    for _ in 0..3 {
        drop(app.signed_in(ADA).await);
        app.emulator.control().rotate_keys(false).unwrap();
        app.advance(30);
    }
    assert_eq!(app.emulator.control().state().calls_of(Endpoint::Keys), 3);
}

/// Just after the rotation the old key still signs, and the set has both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_key_rotation_just_after() {
    let app = app().await;
    let old = published_keys(&app).await.remove(0);
    let mut first = app.browser();
    let callback = first.sign_in_at_provider("/auth/login", ADA).await;
    let other_app = crate::support::app().await;
    let foreign = published_keys(&other_app).await.remove(0);
    app.emulator
        .control()
        .replace_answer(Replacement::new(Endpoint::Keys).member("keys", json!([foreign, old])).times(0));
    assert_eq!(first.get(&callback).await.status, 302);
}

/// Signs in with `keys` published and the ID token wrong in the way of `tamper`.
async fn status_with(app: &App, keys: Value, tamper: Tamper) -> u16 {
    app.emulator.control().replace_answer(Replacement::new(Endpoint::Keys).member("keys", keys).times(0));
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    app.emulator.control().tamper(tamper);
    let status = browser.get(&callback).await.status;
    assert_eq!(browser.cookies.contains_key("session"), status == 302);
    status
}

fn with(key: &Value, member: &str, value: Value) -> Value {
    let mut key = key.clone();
    key[member] = value;
    key
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_keys_without_a_kid_are_not_tried_one_after_the_other() {
    let app = app().await;
    app.emulator.control().rotate_keys(true).unwrap();
    let mut keys = published_keys(&app).await;
    for key in &mut keys {
        key.as_object_mut().unwrap().remove("kid");
    }
    app.emulator.control().tamper(Tamper::new(TokenKind::Access).header("kid", Value::Null));
    assert_eq!(status_with(&app, json!(keys), Tamper::new(TokenKind::Id).header("kid", Value::Null)).await, 502);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_for_encryption_or_another_algorithm_verifies_nothing() {
    for (member, value) in
        [("use", json!("enc")), ("alg", json!("RSA-OAEP")), ("alg", json!("PS256")), ("key_ops", json!(["encrypt"]))]
    {
        let app = app().await;
        let key = published_keys(&app).await.remove(0);
        let other = with(&key, "kid", json!("snk_other"));
        let keys = json!([with(&key, member, value.clone()), other]);
        assert_eq!(status_with(&app, keys, Tamper::new(TokenKind::Id)).await, 502, "{member} {value}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_published_hmac_key_verifies_nothing() {
    for algorithm in ["HS256", "RS256"] {
        let app = app().await;
        let key = published_keys(&app).await.remove(0);
        let secret = URL_SAFE_NO_PAD.encode(app.emulator.client_secret());
        let oct = json!({ "kty": "oct", "kid": "snk_oct", "use": "sig", "alg": algorithm, "k": secret });
        let signed = Tamper::new(TokenKind::Id).signature(Signature::ClientSecret).header("kid", "snk_oct");
        assert_eq!(status_with(&app, json!([oct, key]), signed).await, 502, "{algorithm}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_keys_of_the_same_kid_are_no_way_in_for_the_second() {
    let (app, other) = (app().await, app().await);
    // Else it would be the very key that all tests share.
    other.emulator.control().rotate_keys(false).unwrap();
    let genuine = published_keys(&app).await.remove(0);
    let foreign = with(&published_keys(&other).await[0], "kid", genuine["kid"].clone());
    assert_eq!(status_with(&app, json!([foreign, genuine]), Tamper::new(TokenKind::Id)).await, 502);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn key_sets_that_are_none_keep_the_good_one() {
    let app = app().await;
    drop(app.signed_in(ADA).await);
    let keys = Replacement::new(Endpoint::Keys);
    for (what, bad) in [
        ("empty", keys.clone().member("keys", json!([]))),
        ("no list", keys.clone().member("keys", Value::Null)),
        ("a list of nothing", keys.clone().member("keys", json!([null, 1, "x", {}]))),
        ("HTML", keys.clone().body("<!doctype html>").header("content-type", "text/html")),
        ("half", keys.clone().body(r#"{"keys":[{"kty":"RSA","#)),
        ("an error", keys.clone().status(500)),
        ("a redirect", keys.clone().status(302).header("location", "https://evil.example/keys")),
        ("no content", keys.clone().status(204)),
    ] {
        app.advance(30);
        app.emulator.control().clear_replacements();
        let calls = app.emulator.control().state().calls_of(Endpoint::Keys);
        app.emulator.control().replace_answer(bad.times(0));
        // An unknown `kid` makes the client ask again.
        let mut browser = app.browser();
        let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
        app.emulator.control().tamper(Tamper::new(TokenKind::Id).header("kid", "snk_unknown"));
        assert_eq!(browser.get(&callback).await.status, 503, "{what}: whether the key exists is not known");
        assert_eq!(app.emulator.control().state().calls_of(Endpoint::Keys), calls + 1, "{what}");
        drop(app.signed_in(ADA).await);
    }
    refuses(&app, "signed by another key", Tamper::new(TokenKind::Id).signature(Signature::OtherKey)).await;
}
