//! Logout tokens: the modules of `oidcc-client-back-channel-logout-rp-basic`
//! (`rp-backchannel-rpinitlogout…`), then the rest of Back-Channel Logout 1.0, section 2.6. What a good one
//! does is in `remote_sign_out.rs`.

use reqwest::Method;
use scalekit_emulator::{Signature, Tamper, TokenKind};
use serde_json::{Value, json};

use super::elsewhere::Elsewhere;
use crate::{
    log_lines::Log,
    remote_sign_out::{is_signed_in, send, send_logout_token, sid_of},
    support::{ADA, App, Browser, app},
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn logout_token() -> Tamper {
    Tamper::new(TokenKind::Logout)
}

/// Somebody who is signed in, and whom the provider tells nothing by itself.
async fn somebody() -> (App, Browser, String) {
    let app = app().await;
    app.silence_provider();
    let mut browser = app.signed_in(ADA).await;
    let sid = sid_of(&mut browser).await;
    (app, browser, sid)
}

/// The logout token is 400 and ends nothing.
async fn refuses((app, browser, sid): &mut (App, Browser, String), what: &str, tamper: Tamper) {
    app.emulator.control().tamper(tamper);
    let token = app.emulator.control().logout_token(sid).unwrap();
    let answer = send_logout_token(app, &token).await;
    assert_eq!((answer.status, answer.body.as_str()), (400, r#"{"error":"invalid_request"}"#), "{what}");
    assert!(is_signed_in(browser).await, "{what}");
}

async fn is_refused(what: &str, tamper: Tamper) {
    let mut somebody = somebody().await;
    refuses(&mut somebody, what, tamper).await;
    let (app, mut browser, sid) = somebody;
    let good = app.emulator.control().logout_token(&sid).unwrap();
    assert_eq!(send_logout_token(&app, &good).await.status, 200);
    assert!(!is_signed_in(&mut browser).await);
}

/// A sign-out here makes the provider send a logout token for the session: accepted, though there is nothing
/// left to end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rp_backchannel_rpinitlogout() {
    let (app, mut browser, sid) = somebody().await;
    let answer = browser.post("/api/logout", &[]).await;
    browser.get(answer.location()).await;
    let token = app.emulator.control().logout_token(&sid).unwrap();
    let answer = send_logout_token(&app, &token).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store, no-transform"));
}

/// The logout token is not signed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rp_backchannel_rpinitlogout_alg_none() {
    is_refused("none", logout_token().signature(Signature::None)).await;
}

/// There are no `events`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rp_backchannel_rpinitlogout_no_event() {
    is_refused("no events", logout_token().claim("events", Value::Null)).await;
}

/// There is a `nonce`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rp_backchannel_rpinitlogout_with_nonce() {
    is_refused("a nonce", logout_token().claim("nonce", "n")).await;
}

/// The token is signed by another algorithm than ID tokens are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rp_backchannel_rpinitlogout_wrong_alg() {
    is_refused("HS256 with the client secret", logout_token().signature(Signature::ClientSecret)).await;
}

/// `aud` does not name the client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rp_backchannel_rpinitlogout_wrong_aud() {
    is_refused("another audience", logout_token().claim("aud", json!(["skc_other"]))).await;
}

/// `events` names another event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rp_backchannel_rpinitlogout_wrong_event() {
    is_refused("another event", logout_token().claim("events", json!({ "https://example.com/event": {} }))).await;
}

/// `iss` is another issuer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rp_backchannel_rpinitlogout_wrong_iss() {
    is_refused("another issuer", logout_token().claim("iss", "https://evil.example")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_expired_and_wrongly_typed_logout_tokens_are_400_and_end_nothing() {
    let mut somebody = somebody().await;
    let elsewhere = Elsewhere::start().await;
    let now = somebody.0.state.clock.now();
    let signed = |signature| logout_token().signature(signature);
    for (what, tamper) in [
        ("nOnE", signed(Signature::None).header("alg", "nOnE")),
        ("an empty signature", signed(Signature::Empty)),
        ("a flipped signature", signed(Signature::Flip)),
        ("the signature of another token", signed(Signature::OfAnotherToken)),
        ("another key", signed(Signature::OtherKey)),
        ("another key, brought along", signed(Signature::EmbeddedKey)),
        ("another key, to be fetched", signed(Signature::OtherKey).header("jku", elsewhere.url.as_str())),
        ("HS256 with the public key", signed(Signature::Hs256)),
        ("ES256", logout_token().header("alg", "ES256")),
        ("an unknown key", logout_token().header("kid", "snk_unknown")),
        ("no issuer", logout_token().claim("iss", Value::Null)),
        ("two other audiences", logout_token().claim("aud", json!(["skc_other", "https://api.example"]))),
        ("no audience", logout_token().claim("aud", Value::Null)),
        ("an event that is no object", logout_token().claim("events", json!({ EVENT: true }))),
        ("events a list", logout_token().claim("events", json!([EVENT]))),
        ("a nonce that is no text", logout_token().claim("nonce", false)),
        ("no jti", logout_token().claim("jti", Value::Null)),
        ("an empty jti", logout_token().claim("jti", "")),
        ("a jti that fills the store", logout_token().claim("jti", "j".repeat(256))),
        ("no iat", logout_token().claim("iat", Value::Null)),
        ("an iat to come", logout_token().claim("iat", now + 600)),
        ("an iat long ago", logout_token().claim("iat", now - 3600)),
        ("no exp", logout_token().claim("exp", Value::Null)),
        ("an exp in the past", logout_token().claim("exp", now - 60)),
        ("not valid yet", logout_token().claim("nbf", now + 600)),
        ("neither sid nor sub", logout_token().claim("sid", Value::Null).claim("sub", Value::Null)),
        ("an empty sid", logout_token().claim("sid", "")),
        ("a sid that is no text", logout_token().claim("sid", 7)),
        ("a sub that is no text", logout_token().claim("sub", json!([ADA]))),
        ("the type of an access token", logout_token().header("typ", "at+jwt")),
        ("a critical extension", logout_token().header("crit", json!(["exp"]))),
    ] {
        refuses(&mut somebody, what, tamper).await;
    }
    assert_eq!(elsewhere.received(), Vec::<String>::new());

    let (app, mut browser, _) = somebody;
    let tokens = app.emulator.control().login(ADA, None, "openid").unwrap();
    for (what, token) in [
        ("an ID token", tokens.id_token.as_str()),
        ("an access token", &tokens.access_token),
        ("nothing", ""),
        ("no token", "a.b.c"),
    ] {
        assert_eq!(send_logout_token(&app, token).await.status, 400, "{what}");
    }
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_carry_no_single_logout_token_are_400() {
    let app = app().await;
    let post = || app.browser().request(Method::POST, "/auth/backchannel-logout");
    for request in [
        post(),
        post().form(&[("other", "x")]),
        post().form(&[("logout_token", "a"), ("logout_token", "b")]),
        post().header("content-type", "application/json").body(r#"{"logout_token":"x"}"#),
        post().header("content-type", "application/json").body(r#"{"logout_token":7}"#),
        post().header("content-type", "text/plain").body("logout_token=x"),
        post().form(&[("logout_token", "x".repeat(100_000))]),
    ] {
        assert_eq!(send(request).await.status, 400);
    }
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        assert_eq!(send(app.browser().request(method, "/auth/backchannel-logout")).await.status, 405);
    }
}

/// What Scalekit sends is not documented; nothing of a wrong shape is taken for a token.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_does_as_well_as_a_form() {
    let (app, mut browser, sid) = somebody().await;
    let token = app.emulator.control().logout_token(&sid).unwrap();
    let post = |content_type: &str, body: String| {
        let request = app.browser().request(Method::POST, "/auth/backchannel-logout");
        send(request.header("content-type", content_type).body(body))
    };
    for body in [
        json!([token]).to_string(),
        json!({ "logout_token": [token] }).to_string(),
        json!({ "token": token }).to_string(),
        format!(r#"{{"logout_token":"{token}","logout_token":"{token}"}}"#),
        format!("logout_token={token}"),
    ] {
        assert_eq!(post("application/json", body).await.status, 400);
        assert!(is_signed_in(&mut browser).await);
    }
    let body = json!({ "logout_token": token, "anything": { "else": 1 } }).to_string();
    assert_eq!(post("application/json; charset=utf-8", body).await.status, 200);
    assert!(!is_signed_in(&mut browser).await);
}

/// On one thread, so that all of it is this test's.
#[tokio::test]
async fn a_refused_logout_token_is_logged_with_how_it_came_and_the_names_of_what_the_provider_signed() {
    let (log, _guard) = Log::start(tracing::Level::WARN);
    let mut somebody = somebody().await;
    refuses(&mut somebody, "no events", logout_token().claim("events", Value::Null).claim("mail", "ada@acme.example"))
        .await;
    refuses(&mut somebody, "a forged one", logout_token().claim("made_up", 1).signature(Signature::Flip)).await;
    let mut lines = log.take();
    let lines = lines.iter_mut().map(|line| line["fields"].take());
    let refused: Vec<Value> = lines.filter(|line| line["message"] == "a logout token was refused").collect();
    let [signed, forged] = refused.as_slice() else { panic!("{refused:?}") };
    for line in [signed, forged] {
        assert_eq!(line["content_type"], "application/x-www-form-urlencoded");
        assert!(line["length"].as_u64().unwrap() > 500, "{line}");
    }
    let mut names: Vec<&str> = signed["claims"].as_str().unwrap().split(' ').collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "mail", "sid", "sub"]);
    assert_eq!(forged["claims"], Value::Null);
    assert!(!signed.to_string().contains("ada@acme.example"));
}
