//! Tokens that are wrong in any way of design §4.4: no session, and no provider call after the token call.

use scalekit_emulator::{Endpoint, Signature, Tamper, TokenKind};
use serde_json::{Value, json};

use crate::support::{ADA, App, app};

async fn refuses(app: &App, name: &str, tamper: Tamper) {
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login?prompt=login", ADA).await;
    // The keys are at hand, so a refusal needs no further call; an unknown `kid` may look once.
    let before = app.emulator.control().state();
    app.emulator.control().tamper(tamper);
    let page = browser.get(&callback).await;
    assert_eq!(page.status, 502, "{name}: {}", page.body);
    assert!(!browser.cookies.contains_key("session"), "{name}: no session");
    let after = app.emulator.control().state();
    assert_eq!(after.calls_of(Endpoint::Token), before.calls_of(Endpoint::Token) + 1, "{name}: one token call");
    assert_eq!(after.calls_of(Endpoint::Userinfo) + after.calls_of(Endpoint::Logout), 0, "{name}");
    assert!(after.calls_of(Endpoint::Keys) <= before.calls_of(Endpoint::Keys) + 1, "{name}");
    assert_eq!(browser.get("/dashboard").await.status, 302, "{name}");
    app.emulator.control().clear_tamper();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_token_that_is_wrong_in_any_way_is_refused() {
    let app = app().await;
    drop(app.signed_in(ADA).await);
    let now = app.state.clock.now();
    let id = || Tamper::new(TokenKind::Id);
    for (name, tamper) in [
        ("signature removed", id().signature(Signature::None)),
        ("signature changed", id().signature(Signature::Flip)),
        ("signed by another key", id().signature(Signature::OtherKey)),
        ("signed with the public key as HMAC secret", id().signature(Signature::Hs256)),
        ("unknown kid", id().header("kid", "snk_unknown")),
        ("critical header", id().header("crit", json!(["exp"]))),
        ("another typ", id().header("typ", "at+jwt")),
        ("another issuer", id().claim("iss", "https://evil.example")),
        ("no issuer", id().claim("iss", Value::Null)),
        ("another audience", id().claim("aud", json!(["skc_other"]))),
        ("no audience", id().claim("aud", Value::Null)),
        ("an unknown extra audience", id().claim("aud", json!(["skc_emulator", "skc_other"]))),
        ("another authorized party", id().claim("azp", "skc_other")),
        ("expired", id().claim("exp", now - 3600)),
        ("no expiry", id().claim("exp", Value::Null)),
        ("issued in the future", id().claim("iat", now + 3600)),
        ("no issue time", id().claim("iat", Value::Null)),
        ("not valid yet", id().claim("nbf", now + 3600)),
        ("another nonce", id().claim("nonce", "other")),
        ("no nonce", id().claim("nonce", Value::Null)),
        ("another at_hash", id().claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")),
        ("empty subject", id().claim("sub", "")),
        ("subject not a string", id().claim("sub", 7)),
        ("no subject", id().claim("sub", Value::Null)),
        ("empty session", id().claim("sid", "")),
        ("no session", id().claim("sid", Value::Null)),
        ("no organization", id().claim("oid", Value::Null)),
    ] {
        refuses(&app, name, tamper).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_access_token_that_is_wrong_in_any_way_is_refused() {
    let app = app().await;
    drop(app.signed_in(ADA).await);
    let now = app.state.clock.now();
    let access = || Tamper::new(TokenKind::Access);
    for (name, tamper) in [
        ("signature removed", access().signature(Signature::None)),
        ("signature changed", access().signature(Signature::Flip)),
        ("signed by another key", access().signature(Signature::OtherKey)),
        ("signed with the public key as HMAC secret", access().signature(Signature::Hs256)),
        ("another issuer", access().claim("iss", "https://evil.example")),
        ("another audience", access().claim("aud", json!(["skc_other"]))),
        ("expired", access().claim("exp", now - 3600)),
        ("not valid yet", access().claim("nbf", now + 3600)),
        ("another user", access().claim("sub", "usr_other")),
        ("another session", access().claim("sid", "ses_other")),
        ("another organization", access().claim("oid", "org_other")),
        ("roles not strings", access().claim("roles", json!([1]))),
        ("roles a string", access().claim("roles", "admin")),
        ("an ID token in its place", access().claim("nonce", "x").claim("jti", Value::Null)),
    ] {
        refuses(&app, name, tamper).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_response_without_an_id_token_is_refused() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    app.emulator.control().change_token_response(json!({"id_token": null}).as_object().unwrap().clone(), 1);
    assert_eq!(browser.get(&callback).await.status, 502);
    assert!(!browser.cookies.contains_key("session"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_key_is_found_without_a_restart() {
    let app = app().await;
    drop(app.signed_in(ADA).await);
    app.emulator.control().rotate_keys(false).unwrap();
    drop(app.signed_in(ADA).await);
}
