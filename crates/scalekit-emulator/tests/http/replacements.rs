//! Other answers than the endpoints' own.

use reqwest::StatusCode;
use scalekit_emulator::{Endpoint, Replacement};
use serde_json::{Value, json};

use crate::support::{ok_json, world};

const DISCOVERY: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn members_headers_and_status_are_changed_for_the_next_answer_only() {
    let world = world().await;
    let own = ok_json(world.browser.get(DISCOVERY).await).await;
    let order = Replacement::new(Endpoint::Discovery)
        .member("issuer", "https://evil.example")
        .member("jwks_uri", Value::Null)
        .header("x-test", "1")
        .status(203);
    world.control().replace_answer(order);
    let answer = world.browser.get(DISCOVERY).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["x-test"]), (203, &"1".parse().unwrap()));
    let document: Value = answer.json().await.unwrap();
    assert_eq!(document["issuer"], "https://evil.example");
    assert!(document.get("jwks_uri").is_none());
    assert_eq!(document["token_endpoint"], own["token_endpoint"], "the rest stays");
    assert_eq!(ok_json(world.browser.get(DISCOVERY).await).await, own);
}

#[tokio::test]
async fn a_body_is_text_or_json_and_a_header_can_go() {
    let world = world().await;
    let mut text = Replacement::new(Endpoint::Keys).body("<html>").header("content-type", "text/html");
    text.headers.insert("x-content-type-options".into(), None);
    world.control().replace_answer(text);
    world.control().replace_answer(Replacement::new(Endpoint::Keys).body(json!({ "keys": [] })).times(0));
    let first = world.browser.get("/keys").await;
    assert_eq!(first.headers()["content-type"], "text/html");
    assert_eq!(first.text().await.unwrap(), "<html>");
    for _ in 0..2 {
        assert_eq!(ok_json(world.browser.get("/keys").await).await, json!({ "keys": [] }));
    }
    world.control().clear_replacements();
    assert_ne!(ok_json(world.browser.get("/keys").await).await, json!({ "keys": [] }));
}

#[tokio::test]
async fn other_endpoints_are_left_alone_and_a_reset_takes_all_back() {
    let world = world().await;
    world.control().replace_answer(Replacement::new(Endpoint::Keys).status(500).times(0));
    ok_json(world.browser.get(DISCOVERY).await).await;
    assert_eq!(world.browser.get("/keys").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    world.control().reset();
    ok_json(world.browser.get("/keys").await).await;
}
