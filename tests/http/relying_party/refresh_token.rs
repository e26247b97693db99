//! Refreshed tokens: the modules of `oidcc-client-refreshtoken-test-plan` and the rest of OpenID Connect
//! Core, section 12.2. Whose tokens they are decides: they must be those of the session, or it ends. An ID
//! token that is wrong in another way is not used, and the old one stays. Clocks and keys that are late end
//! no session, see `refresh.rs`; nor does what an environment does to all its access tokens, see
//! `refused_refreshes.rs`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use scalekit_emulator::{SettingsChange, Signature, Tamper, TokenKind};
use serde_json::{Value, json};

use crate::support::{ADA, App, CHARLES, app};

/// The access token's lifetime in the emulator's built-in environment.
const LIFETIME: i64 = 300;

/// A refresh with a token that is wrong in this way ends the session; nothing of the token is shown.
async fn ends_the_session(app: &App, what: &str, tamper: Tamper) {
    let mut browser = app.signed_in(ADA).await;
    app.advance(LIFETIME);
    let calls = app.token_calls("refresh_token");
    app.emulator.control().tamper(tamper);
    let answer = browser.get("/dashboard").await;
    assert_eq!((answer.status, answer.body.as_str()), (302, ""), "{what}");
    assert_eq!(app.user_of(&mut browser).await, None, "{what}");
    assert_eq!(app.token_calls("refresh_token"), calls + 1, "{what}: it is not tried again");
    app.emulator.control().clear_tamper();
}

/// A refreshed ID token that is wrong in this way is not used, nor given back at sign-out; the session goes
/// on.
async fn is_not_used(app: &App, what: &str, tamper: Tamper) {
    let mut browser = app.signed_in(ADA).await;
    app.advance(LIFETIME);
    let calls = app.token_calls("refresh_token");
    app.emulator.control().tamper(tamper);
    assert_eq!(browser.get("/dashboard").await.status, 200, "{what}");
    assert_eq!(app.token_calls("refresh_token"), calls + 1, "{what}");
    app.emulator.control().clear_tamper();
    let logout = browser.post("/api/logout", &[]).await;
    let url = url::Url::parse(logout.location()).unwrap();
    let (_, hint) = url.query_pairs().find(|(name, _)| name == "id_token_hint").unwrap();
    let payload = URL_SAFE_NO_PAD.decode(hint.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert!(claims["c_hash"].is_string(), "{what}: the hint is still the sign-in's ID token");
}

/// The refreshed access token is used. The module has userinfo called with it, which this application never
/// does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refresh_token() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    for round in 1..=3 {
        app.advance(LIFETIME);
        assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
        assert_eq!(app.token_calls("refresh_token"), round);
    }
    assert_eq!(app.emulator.control().state().refresh_reuse, 0);
}

/// `iss` of the new ID token is another issuer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refresh_token_invalid_issuer() {
    is_not_used(&app().await, "iss", Tamper::new(TokenKind::Id).claim("iss", "https://evil.example")).await;
}

/// `sub` of the new ID token is another person.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refresh_token_invalid_sub() {
    ends_the_session(&app().await, "sub", Tamper::new(TokenKind::Id).claim("sub", CHARLES)).await;
}

/// `aud` of the new ID token does not name the client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refresh_token_invalid_aud() {
    is_not_used(&app().await, "aud", Tamper::new(TokenKind::Id).claim("aud", json!(["skc_other"]))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refreshed_id_token_with_another_nonce_is_not_used() {
    is_not_used(&app().await, "nonce", Tamper::new(TokenKind::Id).claim("nonce", "other")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refreshed_tokens_that_are_somebody_elses_end_the_session() {
    let app = app().await;
    for token in [TokenKind::Id, TokenKind::Access] {
        let wrong = || Tamper::new(token);
        for (what, tamper) in [
            ("another user", wrong().claim("sub", CHARLES)),
            ("another session", wrong().claim("sid", "ses_1")),
            ("no signature", wrong().signature(Signature::None)),
            ("a flipped bit", wrong().signature(Signature::Flip)),
            ("another key", wrong().signature(Signature::OtherKey)),
            ("a key it brings along", wrong().signature(Signature::EmbeddedKey)),
            ("the client secret", wrong().signature(Signature::ClientSecret)),
        ] {
            ends_the_session(&app, &format!("{token:?}: {what}"), tamper).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refreshed_id_token_that_is_wrong_in_any_other_way_is_not_used() {
    let app = app().await;
    let wrong = || Tamper::new(TokenKind::Id);
    for (what, tamper) in [
        ("another organization", wrong().claim("oid", "org_1")),
        ("no user", wrong().claim("sub", Value::Null)),
        ("no session", wrong().claim("sid", Value::Null)),
        ("no organization", wrong().claim("oid", Value::Null)),
        ("no issuer", wrong().claim("iss", Value::Null)),
        ("an audience too many", wrong().claim("aud", json!(["skc_emulator", "skc_other"]))),
        ("no issue time", wrong().claim("iat", Value::Null)),
        ("no end", wrong().claim("exp", Value::Null)),
        ("another party", wrong().claim("azp", "skc_other")),
        ("an event", wrong().claim("events", json!({}))),
        ("bound to another access token", wrong().claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")),
        ("a key that is not published", wrong().header("kid", "snk_not_published")),
        ("too large", wrong().claim("padding", "x".repeat(100_000))),
    ] {
        is_not_used(&app, what, tamper).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_a_new_refresh_token_keeps_the_old_one() {
    let app = app().await;
    let keep = SettingsChange { rotate_refresh_tokens: Some(false), ..SettingsChange::default() };
    app.emulator.control().change_settings(keep);
    app.emulator.control().change_token_response(json!({ "refresh_token": null }).as_object().unwrap().clone(), 0);
    let mut without = app.browser();
    assert_eq!(without.sign_in("/auth/login", ADA).await, "/dashboard/profile");
    app.emulator.control().clear_token_response();

    let mut browser = app.signed_in(ADA).await;
    app.emulator.control().change_token_response(json!({ "refresh_token": null }).as_object().unwrap().clone(), 0);
    for round in 1..=3 {
        app.advance(LIFETIME);
        assert_eq!(browser.get("/dashboard").await.status, 200);
        assert_eq!(app.token_calls("refresh_token"), round);
    }
    assert_eq!(
        without.get("/dashboard").await.status,
        302,
        "who never had one is signed out when the access token ends"
    );
}
