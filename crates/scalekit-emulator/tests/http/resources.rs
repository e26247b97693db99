//! Discovery, `GET /keys`, `GET /userinfo`, `POST /revoke`

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{ADA, error, ok_json, text, world};

#[tokio::test]
async fn discovery_names_the_endpoints_and_keys_has_one_rs256_key() {
    let world = world().await;
    let base = world.emulator.url();
    let document = ok_json(world.browser.get("/.well-known/openid-configuration").await).await;
    assert_eq!(document["issuer"], base);
    assert_eq!(document["jwks_uri"], format!("{base}/keys"));
    assert_eq!(document["end_session_endpoint"], format!("{base}/oidc/logout"));
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
    let keys = ok_json(world.browser.get("/keys").await).await;
    let key = &keys["keys"][0];
    assert_eq!(
        (&key["kty"], &key["alg"], &key["use"], &key["e"]),
        (&json!("RSA"), &json!("RS256"), &json!("sig"), &json!("AQAB"))
    );
    assert!(text(key, "kid").starts_with("snk_"));
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn userinfo_takes_a_live_access_token_and_nothing_else() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    let url = format!("{}/userinfo", world.emulator.url());
    let ask = |token: &Value| world.browser.client.get(&url).bearer_auth(token.as_str().unwrap()).send();
    let profile = ok_json(ask(&tokens["access_token"]).await.unwrap()).await;
    assert_eq!((&profile["sub"], &profile["name"]), (&json!(ADA), &json!("Ada Lovelace")));
    assert_eq!(ask(&tokens["id_token"]).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(world.browser.get("/userinfo").await.status(), StatusCode::UNAUTHORIZED);
    world.control().advance_clock(300);
    let expired = ask(&tokens["access_token"]).await.unwrap();
    assert_eq!(expired.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(expired.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
}

#[tokio::test]
async fn revoke_takes_the_refresh_tokens_of_the_login_and_forgives_unknown_ones() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    let credentials = [("client_id", "skc_emulator"), ("client_secret", "test_emulator_secret")];
    for token in [text(&tokens, "refresh_token"), "rt_unknown"] {
        let mut form = credentials.to_vec();
        form.push(("token", token));
        assert_eq!(world.browser.post("/revoke", &form).await.status(), StatusCode::OK);
    }
    assert_eq!(error(world.refresh(text(&tokens, "refresh_token")).await).await, (400, "invalid_grant".into()));
    let anonymous = world.browser.post("/revoke", &[("token", "rt_unknown")]).await;
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
}
