//! Logins without a browser, and webhooks that are signed and not sent.

use reqwest::Method;
use scalekit_emulator::LoginFailed;
use serde_json::{Value, json};

use crate::{
    receiver::signature,
    support::{ADA, ALAN, ALL_SCOPES, ANALYTICAL, GRACE, HARBOR, World, claims_of, ok_json, text, world},
};

async fn order(world: &World, path: &str, body: Value) -> Value {
    let url = format!("{}/__emulator/{path}", world.emulator.url());
    ok_json(world.browser.client.request(Method::POST, url).json(&body).send().await.unwrap()).await
}

fn members(value: &Value) -> Vec<&String> {
    value.as_object().unwrap().keys().collect()
}

#[tokio::test]
async fn a_login_without_a_browser_answers_what_the_token_endpoint_would() {
    let world = world().await;
    let usual = world.sign_in(ADA).await;
    let login = json!(world.control().login(ADA, None, ALL_SCOPES).unwrap());
    assert_eq!(members(&login), members(&usual));
    for token in ["access_token", "id_token"] {
        let (mut mine, mut theirs) = (claims_of(&login[token]), claims_of(&usual[token]));
        // The browser's request had a nonce; there was none here.
        theirs.as_object_mut().unwrap().remove("nonce");
        assert_eq!(members(&mine), members(&theirs));
        for own in ["sid", "jti", "iat", "exp", "nbf", "at_hash", "c_hash"] {
            for claims in [&mut mine, &mut theirs] {
                claims.as_object_mut().unwrap().remove(own);
            }
        }
        assert_eq!(mine, theirs);
    }
    ok_json(world.refresh(text(&login, "refresh_token")).await).await;
    assert_eq!(world.control().state().live_sessions, 2);
}

#[tokio::test]
async fn a_login_goes_where_it_is_told_and_nowhere_else() {
    let world = world().await;
    let control = world.control();
    let tokens = json!(control.login(GRACE, Some(ANALYTICAL), "openid").unwrap());
    assert_eq!(claims_of(&tokens["access_token"])["oid"], ANALYTICAL);
    assert_eq!((&tokens["scope"], tokens.get("refresh_token")), (&json!("openid"), None));
    assert!(matches!(control.login("usr_1", None, "openid"), Err(LoginFailed::Unknown(_))));
    assert!(matches!(control.login(ALAN, Some(ANALYTICAL), "openid"), Err(LoginFailed::NoMember { .. })));
    control.delete_membership(ALAN, HARBOR).unwrap();
    assert!(matches!(control.login(ALAN, None, "openid"), Err(LoginFailed::NoMember { .. })));
    let over_http = order(&world, "logins", json!({ "user": ADA, "scope": "openid" })).await;
    assert_eq!(claims_of(&over_http["access_token"])["sub"], ADA);
}

#[tokio::test]
async fn a_webhook_can_be_signed_without_being_sent() {
    let world = world().await;
    let now = world.control().advance_clock(3600);
    let signed = order(&world, "webhooks/sign", json!({ "type": "user.logout", "data": { "a": [1] } })).await;
    let (id, body) = (text(&signed, "id"), text(&signed, "body"));
    let timestamp = signed["timestamp"].as_i64().unwrap();
    assert!((now..now + 60).contains(&timestamp));
    assert_eq!(text(&signed, "signature"), signature(id, &timestamp.to_string(), body));
    let event: Value = serde_json::from_str(body).unwrap();
    assert_eq!((text(&event, "type"), &event["data"]), ("user.logout", &json!({ "a": [1] })));
    assert!(world.control().deliveries().is_empty());
}
