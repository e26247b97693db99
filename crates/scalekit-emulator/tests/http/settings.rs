//! Edits in the dashboard, played by settings: another issuer, another audience, custom claims.

use reqwest::StatusCode;
use scalekit_emulator::SettingsChange;
use serde_json::{Value, json};

use crate::support::{ADA, LOGGED_OUT, World, claims_of, location, ok_json, text, world};

const CUSTOM_DOMAIN: &str = "https://auth.acme.example";

fn change(world: &World, change: &Value) {
    world.control().change_settings(serde_json::from_value::<SettingsChange>(change.clone()).unwrap());
}

async fn discovered_issuer(world: &World) -> Value {
    ok_json(world.browser.get("/.well-known/openid-configuration").await).await["issuer"].clone()
}

#[tokio::test]
async fn every_token_and_discovery_carry_the_issuer_that_was_set_and_a_session_lives_on() {
    let world = world().await;
    let before = world.sign_in(ADA).await;
    change(&world, &json!({ "issuer": CUSTOM_DOMAIN }));
    assert_eq!(discovered_issuer(&world).await, CUSTOM_DOMAIN);
    let after = ok_json(world.refresh(text(&before, "refresh_token")).await).await;
    let sid = claims_of(&after["id_token"])["sid"].as_str().unwrap().to_owned();
    let logout_token = json!(world.control().logout_token(&sid).unwrap());
    for token in [&after["id_token"], &after["access_token"], &logout_token] {
        assert_eq!(claims_of(token)["iss"], CUSTOM_DOMAIN);
    }
    assert_eq!(claims_of(&after["id_token"])["picture"], claims_of(&before["id_token"])["picture"]);

    // An ID token from before is still a good hint, and an access token from before still opens userinfo.
    let old_access = text(&before, "access_token");
    let userinfo = format!("{}/userinfo", world.emulator.url());
    assert_eq!(
        world.browser.client.get(userinfo).bearer_auth(old_access).send().await.unwrap().status(),
        StatusCode::OK
    );
    let query = [("id_token_hint", text(&before, "id_token")), ("post_logout_redirect_uri", LOGGED_OUT)];
    let logout = reqwest::Url::parse_with_params(&format!("{}/oidc/logout", world.emulator.url()), query).unwrap();
    assert_eq!(location(&world.browser.get(logout.as_str()).await), LOGGED_OUT);
    assert_eq!(world.control().state().live_sessions, 0);

    world.control().reset();
    assert_eq!(discovered_issuer(&world).await, world.emulator.url());
}

#[tokio::test]
async fn audience_and_custom_claims_are_those_of_every_access_token_until_they_are_changed() {
    let world = world().await;
    change(&world, &json!({ "audience": ["skc_emulator", "https://api.example"] }));
    change(&world, &json!({ "access_token_claims": { "events": [1], "scope": 7, "sub": "usr_2" } }));
    let first = world.sign_in(ADA).await;
    let second = ok_json(world.refresh(text(&first, "refresh_token")).await).await;
    for tokens in [&first, &second] {
        let access = claims_of(&tokens["access_token"]);
        assert_eq!((&access["events"], &access["scope"], &access["sub"]), (&json!([1]), &json!(7), &json!(ADA)));
        assert_eq!(access["aud"], json!(["skc_emulator", "https://api.example"]));
        let id = claims_of(&tokens["id_token"]);
        assert_eq!((id.get("events"), &id["aud"]), (None, &json!(["skc_emulator"])));
    }
    change(&world, &json!({ "access_token_claims": {} }));
    let third = claims_of(&ok_json(world.refresh(text(&second, "refresh_token")).await).await["access_token"]);
    assert_eq!((third.get("events"), third.get("scope")), (None, None));
}
