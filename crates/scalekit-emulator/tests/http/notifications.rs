//! What apps are told: webhooks and back-channel logout.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::StatusCode;
use scalekit_emulator::{SettingsChange, Signature, Tamper, TokenKind, WEBHOOK_SECRET};
use serde_json::{Value, json};

use crate::{
    receiver::{Receiver, settled, told_world},
    support::{
        ADA, ALL_SCOPES, ANALYTICAL, GRACE, HARBOR, World, claims_of, header_of, location, ok_json, query, text,
        world_of,
    },
};

fn types(receiver: &Receiver) -> Vec<String> {
    let mut types: Vec<String> =
        receiver.webhooks().iter().map(|webhook| text(&webhook.event(), "type").to_owned()).collect();
    types.sort();
    types
}

fn sid_of(tokens: &Value) -> String {
    claims_of(&tokens["access_token"])["sid"].as_str().unwrap().to_owned()
}

async fn log_out(world: &World, tokens: &Value) {
    let url = format!("/oidc/logout?id_token_hint={}", text(tokens, "id_token"));
    assert_eq!(world.browser.get(&url).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_sign_in_and_a_logout_are_each_told_once_and_signed() {
    let (world, receiver) = told_world().await;
    let tokens = world.sign_in(ADA).await;
    settled(world.control()).await;
    log_out(&world, &tokens).await;
    let deliveries = settled(world.control()).await;
    assert!(deliveries.iter().all(|delivery| delivery.is_delivered() && delivery.attempts == 1), "{deliveries:?}");

    let [login, logout] = receiver.webhooks().try_into().ok().unwrap();
    let (login, logout) = (login.event(), logout.event());
    assert_eq!((text(&login, "type"), text(&login, "object")), ("user.login", "User"));
    assert_eq!((text(&login, "spec_version"), text(&login, "organization_id")), ("1", ANALYTICAL));
    assert!(text(&login, "id").starts_with("evt_") && text(&login, "environment_id").starts_with("env_"));
    assert!(text(&login, "occurred_at").ends_with('Z') && !text(&login, "display_name").is_empty());
    let (user, session) = (&login["data"]["user"], &login["data"]["user_session"]);
    assert_eq!((text(user, "id"), text(user, "email")), (ADA, "ada@analytical.example"));
    assert_eq!(user["memberships"][0]["roles"][0]["name"], "admin");
    assert_eq!(user["user_profile"]["given_name"], "Ada");
    assert!(text(&user["user_profile"], "picture").starts_with(world.emulator.url()));
    assert_eq!((text(session, "session_id"), text(session, "status")), (sid_of(&tokens).as_str(), "ACTIVE"));
    assert_eq!((text(&logout, "type"), text(&logout["data"]["user_session"], "status")), ("user.logout", "LOGOUT"));
    assert_ne!(login["id"], logout["id"]);

    assert_eq!(receiver.logouts().len(), 1);
    let outcomes = world.control().state();
    assert_eq!(outcomes.outcomes_of("webhook.delivered"), 2);
    assert_eq!(outcomes.outcomes_of("backchannel_logout.delivered"), 1);
    assert_eq!(world.emulator.webhook_secret(), WEBHOOK_SECRET);
}

#[tokio::test]
async fn a_sign_up_is_told_with_the_new_organization() {
    let (world, receiver) = told_world().await;
    let page = location(&world.authorize(&[("prompt", "create")]).await);
    world.browser.post(&page, &[("email", "new@startup.example"), ("name", "New Person")]).await;
    let page = page.replace("/sign-up", "/code");
    let back = world.browser.post(&page, &[("code", "424242")]).await;
    let tokens = ok_json(world.exchange(&query(&back)["code"]).await).await;
    settled(world.control()).await;
    assert_eq!(types(&receiver), ["user.login", "user.signup"]);
    let events = receiver.webhooks().into_iter().map(|webhook| webhook.event());
    let sign_up = events.into_iter().find(|event| event["type"] == "user.signup").unwrap();
    assert_eq!(text(&sign_up, "object"), "OrgMembership");
    assert_eq!(sign_up["data"]["organization"]["id"], claims_of(&tokens["access_token"])["oid"]);
    assert_eq!(sign_up["organization_id"], sign_up["data"]["organization"]["id"]);
    assert_eq!(text(&sign_up["data"]["user"], "email"), "new@startup.example");
}

#[tokio::test]
async fn deletions_tell_of_each_membership_and_each_session() {
    let (world, receiver) = told_world().await;
    let control = world.control();
    let in_harbor = control.login(GRACE, Some(HARBOR), ALL_SCOPES).unwrap();
    let elsewhere = control.login(GRACE, Some(ANALYTICAL), ALL_SCOPES).unwrap();
    control.delete_membership(GRACE, HARBOR).unwrap();
    settled(control).await;
    assert_eq!(world.refresh(&in_harbor.refresh_token.unwrap()).await.status(), StatusCode::BAD_REQUEST);
    let deleted = "user.organization_membership_deleted";
    assert_eq!(types(&receiver), ["user.login", "user.login", "user.logout", deleted]);

    control.delete_user(GRACE).unwrap();
    settled(control).await;
    assert_eq!(world.refresh(&elsewhere.refresh_token.unwrap()).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(types(&receiver)[2..], ["user.logout", "user.logout", deleted, deleted]);
    let events = receiver.webhooks().into_iter().map(|webhook| webhook.event());
    let organizations: BTreeSet<String> = events
        .filter(|event| event["type"] == deleted)
        .map(|event| {
            assert_eq!((text(&event["data"]["user"], "id"), text(&event, "object")), (GRACE, "OrgMembership"));
            text(&event["data"]["organization"], "id").to_owned()
        })
        .collect();
    assert_eq!(organizations, BTreeSet::from([ANALYTICAL.to_owned(), HARBOR.to_owned()]));
    assert_eq!(receiver.logouts().len(), 2);
    assert!(control.delete_user(GRACE).is_err());
    assert!(control.delete_membership(ADA, HARBOR).is_err());
}

#[tokio::test]
async fn a_failed_delivery_is_repeated_under_the_same_name() {
    let (world, receiver) = told_world().await;
    receiver.answer_next(&[500, 302]);
    let id = world.control().send_webhook("role.created", json!({ "role": { "name": "auditor" } }));
    let deliveries = settled(world.control()).await;
    let webhooks = receiver.webhooks();
    assert_eq!(webhooks.len(), 3);
    for webhook in &webhooks {
        assert_eq!((webhook.header("webhook-id"), text(&webhook.event(), "type")), (id.as_str(), "role.created"));
    }
    assert_eq!((deliveries[0].attempts, deliveries[0].status, deliveries[0].id.as_str()), (3, Some(201), id.as_str()));
}

#[tokio::test]
async fn after_three_refusals_nothing_more_is_tried() {
    let (world, receiver) = told_world().await;
    receiver.answer_next(&[500, 404, 503]);
    world.control().send_webhook("role.created", json!({}));
    let [delivery] = settled(world.control()).await.try_into().unwrap();
    assert_eq!((delivery.attempts, delivery.status, delivery.is_delivered()), (3, Some(503), false));
    assert_eq!(receiver.webhooks().len(), 3);
    assert_eq!(world.control().state().outcomes_of("webhook.failed"), 1);
}

#[tokio::test]
async fn an_app_that_is_not_there_neither_delays_nor_fails_a_logout() {
    // Bound and dropped: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let world = world_of(&format!("http://localhost:{port}")).await;
    let tokens = world.sign_in(ADA).await;
    log_out(&world, &tokens).await;
    assert_eq!(world.control().state().live_sessions, 0);
    // On record before the logout was answered, whatever became of it.
    let kinds: Vec<String> = world.control().deliveries().into_iter().map(|delivery| delivery.kind).collect();
    assert_eq!(kinds, ["user.login", "user.logout", "backchannel_logout"]);
    for delivery in settled(world.control()).await {
        assert_eq!((delivery.attempts, delivery.status), (3, None));
    }
}

#[tokio::test]
async fn deliveries_under_way_do_not_keep_the_emulator_from_stopping() {
    // Accepts connections and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let world = world_of(&format!("http://localhost:{}", listener.local_addr().unwrap().port())).await;
    world.control().send_webhook("role.created", json!({}));
    let begun = Instant::now();
    world.emulator.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn with_notify_apps_off_only_what_is_ordered_is_sent() {
    let (world, receiver) = told_world().await;
    world.control().change_settings(SettingsChange { notify_apps: Some(false), ..SettingsChange::default() });
    let tokens = world.sign_in(ADA).await;
    log_out(&world, &tokens).await;
    world.control().delete_user(ADA).unwrap();
    assert!(world.control().deliveries().is_empty());
    world.control().send_webhook("user.login", json!({}));
    settled(world.control()).await;
    assert_eq!((receiver.webhooks().len(), receiver.logouts().len()), (1, 0));
}

#[tokio::test]
async fn the_logout_token_is_the_one_of_the_specification() {
    let (world, receiver) = told_world().await;
    let sid = sid_of(&world.sign_in(ADA).await);
    assert!(world.control().end_session(&sid));
    assert!(!world.control().end_session(&sid), "told once");
    settled(world.control()).await;
    let [logout] = receiver.logouts().try_into().ok().unwrap();
    let token = logout.logout_token();
    let header = header_of(&token);
    assert_eq!((text(&header, "alg"), text(&header, "typ")), ("RS256", "logout+jwt"));
    let claims = claims_of(&token);
    assert_eq!((text(&claims, "iss"), text(&claims, "sub")), (world.emulator.url(), ADA));
    assert_eq!((text(&claims, "sid"), &claims["aud"]), (sid.as_str(), &json!(["skc_emulator"])));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
    assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert!(claims.get("nonce").is_none());
    assert_eq!(claims["jti"], world.control().deliveries()[2].id);
    assert!(verifies(&world, &token).await);
    // As an ID token's place at the logout endpoint it is refused.
    let hint = format!("/oidc/logout?id_token_hint={}", token.as_str().unwrap());
    assert_eq!(world.browser.get(&hint).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn logout_tokens_can_be_wrong() {
    let (world, receiver) = told_world().await;
    let control = world.control();
    let sid = sid_of(&json!(control.login(ADA, None, ALL_SCOPES).unwrap()));
    control.tamper(Tamper::new(TokenKind::Logout).claim("events", Value::Null).header("typ", "JWT"));
    // Signed in the background, but the order is for the session that ends here.
    control.end_session(&sid);
    let right = Value::from(control.logout_token(&sid).unwrap());
    settled(control).await;
    let wrong = receiver.logouts().remove(0).logout_token();
    assert_eq!((text(&header_of(&wrong), "typ"), claims_of(&wrong).get("events")), ("JWT", None));
    assert_eq!(text(&header_of(&right), "typ"), "logout+jwt");
    for signature in [Signature::Flip, Signature::OtherKey] {
        control.tamper(Tamper::new(TokenKind::Logout).signature(signature));
        let token = Value::from(control.logout_token(&sid).unwrap());
        assert!(!verifies(&world, &token).await, "{signature:?}");
    }
    assert!(verifies(&world, &right).await);
    assert!(control.logout_token("ses_1").is_err());
}

#[tokio::test]
async fn an_expiry_is_told_by_logout_token_only_and_once() {
    let (world, receiver) = told_world().await;
    let control = world.control();
    let sid = sid_of(&json!(control.login(ADA, None, ALL_SCOPES).unwrap()));
    control.change_settings(SettingsChange { session_idle_lifetime: Some(60), ..SettingsChange::default() });
    control.advance_clock(60);
    control.advance_clock(60);
    ok_json(world.browser.get("/keys").await).await;
    settled(control).await;
    assert_eq!(types(&receiver), ["user.login"]);
    let [logout] = receiver.logouts().try_into().ok().unwrap();
    assert_eq!(claims_of(&logout.logout_token())["sid"], sid.as_str());
    assert_eq!(control.sessions()[0].status, "expired");
}

#[tokio::test]
async fn a_reset_forgets_deliveries_and_tells_nobody() {
    let (world, receiver) = told_world().await;
    world.sign_in(ADA).await;
    settled(world.control()).await;
    world.control().reset();
    assert!(world.control().deliveries().is_empty());
    world.control().send_webhook("role.created", json!({}));
    settled(world.control()).await;
    assert_eq!(types(&receiver), ["role.created", "user.login"]);
    assert!(receiver.logouts().is_empty());
}

#[tokio::test]
async fn a_silent_sign_in_is_not_told() {
    let (world, receiver) = told_world().await;
    world.sign_in(ADA).await;
    let code = query(&world.authorize(&[("prompt", "none")]).await)["code"].clone();
    ok_json(world.exchange(&code).await).await;
    settled(world.control()).await;
    assert_eq!(types(&receiver), ["user.login"]);
}

/// Whether a published key made the signature.
async fn verifies(world: &World, token: &Value) -> bool {
    let (message, signature) = token.as_str().unwrap().rsplit_once('.').unwrap();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let signature = decode(signature);
    let keys = ok_json(world.browser.get("/keys").await).await;
    keys["keys"].as_array().unwrap().iter().any(|key| {
        let key = RsaPublicKeyComponents { n: decode(text(key, "n")), e: decode(text(key, "e")) };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature).is_ok()
    })
}
