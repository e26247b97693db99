//! Refreshes that the provider refuses, and refreshed tokens that break a rule: what says more of the
//! environment than of the session ends none, and what the provider goes on saying is believed in the end.

use leptos_scalekit::server::settings::Settings;
use scalekit_emulator::{Endpoint, Fault, Tamper, TokenKind};
use serde_json::{Value, json};

use crate::support::{ADA, App, Browser, CHARLES, app, until};

/// The access token's lifetime in the emulator's built-in environment.
const LIFETIME: i64 = 300;

/// Longer than any session or the provider is left alone after failures.
const LONGEST_PAUSE: i64 = 46;

async fn session_of(browser: &mut Browser) -> Value {
    let answer = browser.call("/api/current_session", "").await;
    serde_json::from_str::<Value>(&answer.body).unwrap()["session"].clone()
}

/// The old claims serve until they expire, then the page says "temporarily unavailable"; nothing of the
/// tokens is believed, and their refresh token is kept.
async fn keeps_the_session(app: &App, what: &str, tamper: Tamper) {
    let mut browser = app.signed_in(ADA).await;
    app.emulator.control().tamper(tamper.times(0));
    app.advance(LIFETIME - 25);
    let calls = app.token_calls("refresh_token");
    assert_eq!(browser.get("/dashboard").await.status, 200, "{what}");
    until("the refresh", async || {
        app.token_calls("refresh_token") > calls && app.emulator.control().open_token_calls() == 0
    })
    .await;
    app.advance(26);
    let page = browser.get("/dashboard").await;
    assert_eq!(page.status, 503, "{what}");
    assert!(page.body.contains("http-equiv=\"refresh\"") && !page.body.contains("Lovelace"), "{what}");
    app.emulator.control().clear_tamper();
    app.advance(LONGEST_PAUSE);
    assert_eq!(browser.get("/dashboard").await.status, 200, "{what}: it goes on once the environment is as it was");
    assert_eq!(app.emulator.control().state().refresh_reuse, 0, "{what}: no rotated token was lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_says_more_of_the_environment_than_of_the_session_keeps_it() {
    let app = app().await;
    let access = || Tamper::new(TokenKind::Access);
    for (what, tamper) in [
        ("another issuer", access().claim("iss", "https://auth.example.com")),
        ("another audience", access().claim("aud", json!(["https://api.example.com"]))),
        ("another party", access().claim("azp", "skc_other").claim("jti", Value::Null)),
        ("a claim of another type", access().claim("roles", 7)),
        ("another kind of token", access().header("typ", "logout+jwt")),
        ("no session, as without Full-Stack Auth", access().claim("sid", Value::Null)),
        ("no user", access().claim("sub", Value::Null)),
        ("no issue time", access().claim("iat", Value::Null)),
        ("no end", access().claim("exp", Value::Null)),
        ("a token that is too large", access().claim("padding", "x".repeat(100_000))),
        ("an answer that is too large", access().claim("padding", "x".repeat(300_000))),
    ] {
        keeps_the_session(&app, what, tamper).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_organization_of_the_same_person_and_session_is_adopted_with_its_roles() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let before = session_of(&mut browser).await;
    let other = "org_103845067215790999";
    for token in [TokenKind::Access, TokenKind::Id] {
        let tamper = Tamper::new(token).claim("oid", other).claim("xoid", "other-42");
        app.emulator.control().tamper(tamper.claim("roles", json!(["guest"])).claim("permissions", json!(["a:b"])));
    }
    app.advance(LIFETIME);
    // What an open page gets to hear: another organization than it shows, so it loads itself anew.
    let answer = browser.call("/api/refresh_session", "").await;
    let after: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        (&after["organization"]["id"], &after["organization"]["external_id"], &after["roles"], &after["permissions"]),
        (&json!(other), &json!("other-42"), &json!(["guest"]), &json!(["a:b"]))
    );
    assert_ne!(before["organization"]["id"], after["organization"]["id"]);
    assert_eq!(before["user"]["id"], after["user"]["id"]);
    assert_eq!(session_of(&mut browser).await["organization"]["id"], json!(other), "and it stays so");
    app.advance(LIFETIME);
    assert_eq!(
        session_of(&mut browser).await["organization"],
        before["organization"],
        "until the tokens say otherwise"
    );
}

/// Asks for a page and answers with the status, and where it leads.
async fn ask(browser: &mut Browser) -> (u16, String) {
    let page = browser.get("/dashboard?x=1").await;
    (page.status, page.location().to_owned())
}

fn sign_in_with_return() -> (u16, String) {
    (302, "/login?return_to=/dashboard%3Fx%3D1&reason=expired".to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_refusal_for_an_hour_ends_an_expired_session_whichever_replica_hears_it() {
    let app = app().await;
    let replica = app.replica(|_: &mut Settings| {}).await;
    for (status, code) in [(400, "server_error"), (400, "unauthorized_client"), (403, "access_denied")] {
        let mut here = app.signed_in(ADA).await;
        let mut there = here.at(&replica.url);
        let fault = Fault::status(Endpoint::Token, status).with_error(code).for_grant("refresh_token");
        app.advance(LIFETIME);
        app.emulator.control().add_fault(fault.times(0));
        assert_eq!(ask(&mut here).await.0, 503, "{code}");
        app.advance(1800);
        assert_eq!(ask(&mut there).await.0, 503, "{code}");
        app.advance(1800 - LONGEST_PAUSE);
        assert_eq!(ask(&mut here).await.0, 503, "{code}: a minute is missing");
        app.advance(LONGEST_PAUSE);
        assert_eq!(ask(&mut there).await, sign_in_with_return(), "{code}");
        assert_eq!(ask(&mut here).await.0, 302, "{code}: it has ended everywhere");
        app.emulator.control().clear_faults();
        app.advance(LONGEST_PAUSE);
    }
}

/// Nobody waits behind somebody else's refusal: each session hears its own, so that each can end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_that_may_not_refresh_hears_so_for_each_session() {
    let app = app().await;
    let mut browsers = [app.signed_in(ADA).await, app.signed_in(CHARLES).await];
    app.state.clock.stop();
    app.advance(LIFETIME);
    let fault = Fault::status(Endpoint::Token, 400).with_error("unauthorized_client").for_grant("refresh_token");
    app.emulator.control().add_fault(fault.times(0));
    for expected in [503, 503, 302] {
        for browser in &mut browsers {
            assert_eq!(ask(browser).await.0, expected);
        }
        app.advance(1800);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_that_changes_or_passes_or_is_about_credentials_ends_no_session() {
    let app = app().await;
    let mut browser = app.signed_in(ADA).await;
    let refused_with = |status, code: &str| {
        app.emulator.control().clear_faults();
        app.emulator.control().add_fault(Fault::status(Endpoint::Token, status).with_error(code).times(0));
    };
    app.advance(LIFETIME);
    for code in ["invalid_request", "invalid_scope", "invalid_request"] {
        refused_with(400, code);
        for _ in 0..2 {
            assert_eq!(browser.get("/dashboard").await.status, 503, "{code}");
            app.advance(1790);
        }
    }
    app.emulator.control().clear_faults();
    assert_eq!(browser.get("/dashboard").await.status, 200, "it passed, and what was refused before is forgotten");
    app.advance(LIFETIME);
    for _ in 0..2 {
        refused_with(400, "invalid_request");
        assert_eq!(browser.get("/dashboard").await.status, 503);
        app.advance(1790);
    }
    for _ in 0..3 {
        // Nobody can sign in anew while these are wrong.
        refused_with(401, "invalid_client");
        assert_eq!(browser.get("/dashboard").await.status, 503);
        app.advance(3600);
    }
    refused_with(400, "invalid_request");
    assert_eq!(browser.get("/dashboard").await.status, 503, "the same as hours ago, and nothing of it in between");
    app.advance(1800);
    app.emulator.control().clear_faults();
    assert_eq!(browser.get("/dashboard").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_grant_without_a_reason_is_tried_once_more_before_it_ends_a_session() {
    for passes in [true, false] {
        let app = app().await;
        let replica = app.replica(|_: &mut Settings| {}).await;
        let mut here = app.signed_in(ADA).await;
        let mut there = here.at(&replica.url);
        app.state.clock.stop();
        app.advance(LIFETIME);
        let fault = Fault::status(Endpoint::Token, 400).with_error("invalid_grant").without_description();
        app.emulator.control().add_fault(fault.times(if passes { 1 } else { 2 }));
        let page = here.get("/dashboard?x=1").await;
        assert_eq!((page.status, page.header("retry-after")), (503, "5"));
        app.advance(4);
        for browser in [&mut here, &mut there] {
            assert_eq!(ask(browser).await.0, 503, "not before its time, on whichever replica");
        }
        assert_eq!(app.token_calls("refresh_token"), 1);
        app.advance(1);
        let expected = if passes { (200, String::new()) } else { sign_in_with_return() };
        assert_eq!(ask(&mut there).await, expected);
        assert_eq!(ask(&mut here).await.0, expected.0);
        assert_eq!(app.token_calls("refresh_token"), 2);
        assert_eq!(app.emulator.control().state().refresh_reuse, 0);
    }
}
