//! Who may call the token endpoint, and requests it can't read.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{claims_of, error, ok_json, world};

#[tokio::test]
async fn both_ways_of_client_authentication_work_but_not_together() {
    let world = world().await;
    let url = format!("{}/oauth/token", world.emulator.url());
    let form = [("grant_type", "client_credentials")];
    let basic = |secret: &str| format!("Basic {}", STANDARD.encode(format!("skc_emulator:{secret}")));
    let post = |header: String, form: Vec<(&'static str, &'static str)>| {
        world.browser.client.post(&url).header("authorization", header).form(&form).send()
    };
    let tokens = ok_json(post(basic("test_emulator_secret"), form.to_vec()).await.unwrap()).await;
    assert_eq!(tokens["expires_in"], 86399);
    assert!(tokens.get("id_token").is_none() && tokens.get("refresh_token").is_none());
    let claims = claims_of(&tokens["access_token"]);
    assert_eq!((&claims["sub"], &claims["scopes"]), (&json!("skc_emulator"), &json!(["openid"])));

    let wrong = post(basic("wrong"), form.to_vec()).await.unwrap();
    assert!(wrong.headers().contains_key("www-authenticate"));
    assert_eq!(error(wrong).await, (401, "invalid_client".into()));
    let twice = vec![form[0], ("client_secret", "test_emulator_secret")];
    assert_eq!(error(post(basic("test_emulator_secret"), twice).await.unwrap()).await, (400, "invalid_request".into()));
    let wrong = world.token(&[("grant_type", "client_credentials"), ("client_secret", "wrong")]).await;
    assert_eq!(error(wrong).await, (401, "invalid_client".into()));
    let none = world.token(&[("grant_type", "client_credentials"), ("client_secret", "")]).await;
    assert_eq!(error(none).await, (401, "invalid_client".into()));
}

#[tokio::test]
async fn malformed_token_requests_are_refused_with_their_own_error() {
    let world = world().await;
    assert_eq!(error(world.token(&[]).await).await, (400, "invalid_request".into()));
    assert_eq!(error(world.token(&[("grant_type", "password")]).await).await, (400, "unsupported_grant_type".into()));
    assert_eq!(error(world.token(&[("grant_type", "refresh_token")]).await).await, (400, "invalid_request".into()));
    let url = format!("{}/oauth/token", world.emulator.url());
    let json = world.browser.client.post(&url).json(&json!({ "grant_type": "refresh_token" })).send().await.unwrap();
    assert_eq!(error(json).await, (400, "invalid_request".into()));
    let twice = "grant_type=refresh_token&grant_type=refresh_token";
    let form = "application/x-www-form-urlencoded";
    let twice = world.browser.client.post(&url).header("content-type", form).body(twice).send().await.unwrap();
    assert_eq!(error(twice).await, (400, "invalid_request".into()));
    assert_eq!(world.browser.get("/oauth/token").await.status(), StatusCode::METHOD_NOT_ALLOWED);
}
