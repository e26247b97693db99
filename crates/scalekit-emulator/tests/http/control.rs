//! The control interface over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{ADA, ANALYTICAL, HARBOR, World, claims_of, ok_json, query, text, world};

async fn order(world: &World, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let url = format!("{}/__emulator/{path}", world.emulator.url());
    let answer = world.browser.client.request(method, url).json(&body).send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn health_and_state_answer() {
    let world = world().await;
    assert_eq!(order(&world, Method::GET, "health", json!({})).await.0, StatusCode::OK);
    world.sign_in(ADA).await;
    let (_, state) = order(&world, Method::GET, "state", json!({})).await;
    assert_eq!(state["calls"], json!({ "authorize": 1, "token": 1 }));
    assert_eq!(state["token_calls"], json!({ "authorization_code": 1 }));
    assert_eq!(state["outcomes"]["token.authorization_code.ok"], 1);
    assert_eq!((&state["live_sessions"], &state["open_token_calls"]), (&json!(1), &json!(0)));
    assert_eq!(order(&world, Method::POST, "counters/reset", json!({})).await.0, StatusCode::NO_CONTENT);
    let (_, state) = order(&world, Method::GET, "state", json!({})).await;
    assert_eq!((&state["calls"], &state["live_sessions"]), (&json!({}), &json!(1)));
}

#[tokio::test]
async fn every_order_of_the_table_works_over_http() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    let sid = claims_of(&tokens["id_token"])["sid"].as_str().unwrap().to_owned();
    let roles = json!({ "organization": ANALYTICAL, "roles": ["member"] });
    for (method, path, body, expected) in [
        (Method::POST, "settings", json!({ "access_token_lifetime": 60 }), StatusCode::OK),
        (Method::GET, "settings", json!({}), StatusCode::OK),
        (
            Method::POST,
            "faults",
            json!({ "endpoint": "userinfo", "kind": "status", "status": 500 }),
            StatusCode::NO_CONTENT,
        ),
        (Method::DELETE, "faults", json!({}), StatusCode::NO_CONTENT),
        (Method::POST, "keys/rotate", json!({ "keep_old": true }), StatusCode::OK),
        (Method::GET, "sessions", json!({}), StatusCode::OK),
        (Method::GET, "users", json!({}), StatusCode::OK),
        (Method::POST, &format!("users/{ADA}/roles"), roles.clone(), StatusCode::NO_CONTENT),
        (Method::POST, "users/usr_1/roles", roles, StatusCode::NOT_FOUND),
        (Method::POST, "clock/advance", json!({ "seconds": 60 }), StatusCode::OK),
        (
            Method::POST,
            "tamper",
            json!({ "token": "id", "claims": { "aud": null }, "signature": "flip" }),
            StatusCode::NO_CONTENT,
        ),
        (Method::DELETE, "tamper", json!({}), StatusCode::NO_CONTENT),
        (Method::POST, "token-response", json!({ "set": { "scope": null } }), StatusCode::NO_CONTENT),
        (Method::DELETE, "token-response", json!({}), StatusCode::NO_CONTENT),
        (
            Method::POST,
            "replacements",
            json!({ "endpoint": "keys", "status": 203, "headers": { "x": null }, "body": {}, "set": { "keys": [] } }),
            StatusCode::NO_CONTENT,
        ),
        (Method::POST, "replacements", json!({ "endpoint": "keys", "status": 99 }), StatusCode::UNPROCESSABLE_ENTITY),
        (Method::DELETE, "replacements", json!({}), StatusCode::NO_CONTENT),
        (Method::POST, &format!("sessions/{sid}/end"), json!({}), StatusCode::OK),
        (Method::POST, "logins", json!({ "user": ADA }), StatusCode::OK),
        (Method::POST, "logins", json!({ "user": ADA, "organization": HARBOR }), StatusCode::NOT_FOUND),
        (Method::POST, "logout-token", json!({ "sid": sid }), StatusCode::OK),
        (Method::POST, "logout-token", json!({ "sid": "ses_1" }), StatusCode::NOT_FOUND),
        (Method::POST, "webhooks/sign", json!({ "type": "user.login", "data": {} }), StatusCode::OK),
        (Method::GET, "deliveries", json!({}), StatusCode::OK),
        (Method::DELETE, &format!("users/{ADA}/memberships/{ANALYTICAL}"), json!({}), StatusCode::NO_CONTENT),
        (Method::DELETE, &format!("users/{ADA}/memberships/{ANALYTICAL}"), json!({}), StatusCode::NOT_FOUND),
        (Method::DELETE, &format!("users/{ADA}"), json!({}), StatusCode::NO_CONTENT),
        (Method::DELETE, &format!("users/{ADA}"), json!({}), StatusCode::NOT_FOUND),
        (Method::POST, "app-urls", json!({ "url": "http://127.0.0.1:4000" }), StatusCode::NO_CONTENT),
        (Method::POST, "app-urls", json!({ "url": "https://app.example.com" }), StatusCode::UNPROCESSABLE_ENTITY),
        (Method::POST, "reset", json!({}), StatusCode::NO_CONTENT),
    ] {
        assert_eq!(order(&world, method, path, body).await.0, expected, "{path}");
    }
}

#[tokio::test]
async fn misspelt_orders_and_orders_that_are_no_json_are_refused() {
    let world = world().await;
    let typo = order(&world, Method::POST, "settings", json!({ "acces_token_lifetime": 60 })).await;
    assert_eq!(typo.0, StatusCode::UNPROCESSABLE_ENTITY);
    let kind = order(&world, Method::POST, "faults", json!({ "endpoint": "token", "kind": "explode" })).await;
    assert_eq!(kind.0, StatusCode::UNPROCESSABLE_ENTITY);
    // What a form of a foreign page could send.
    let form = world.browser.post("/__emulator/reset", &[("a", "b")]).await;
    assert_eq!(form.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn rotation_keeps_the_old_key_in_the_set_or_withdraws_it() {
    let world = world().await;
    let kids = async || -> Vec<String> {
        let keys = ok_json(world.browser.get("/keys").await).await;
        keys["keys"].as_array().unwrap().iter().map(|key| text(key, "kid").to_owned()).collect()
    };
    let old = kids().await.remove(0);
    let new = world.control().rotate_keys(true).unwrap();
    assert_eq!(kids().await, [new, old]);
    let newest = world.control().rotate_keys(false).unwrap();
    assert_eq!(kids().await, [newest]);
}

#[tokio::test]
async fn reset_returns_to_the_seed_and_keeps_keys_and_apps() {
    let world = world().await;
    let keys = ok_json(world.browser.get("/keys").await).await;
    let tokens = world.sign_in(ADA).await;
    world.control().set_roles(ADA, ANALYTICAL, &[]).unwrap();
    world.control().reset();
    assert_eq!(world.refresh(text(&tokens, "refresh_token")).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(query(&world.authorize(&[("prompt", "none")]).await)["error"], "login_required");
    assert!(world.control().sessions().is_empty());
    let again = world.sign_in(ADA).await;
    assert_eq!(claims_of(&again["access_token"])["roles"], json!(["admin"]));
    assert_ne!(claims_of(&again["access_token"])["sid"], claims_of(&tokens["access_token"])["sid"]);
    assert_eq!(ok_json(world.browser.get("/keys").await).await, keys);
}

#[tokio::test]
async fn an_app_that_registers_at_run_time_can_sign_in() {
    let world = world().await;
    let callback = "http://localhost:4321/auth/callback";
    assert_eq!(world.authorize(&[("redirect_uri", callback)]).await.status(), StatusCode::BAD_REQUEST);
    world.control().register_app_url("http://localhost:4321").unwrap();
    assert_eq!(world.authorize(&[("redirect_uri", callback)]).await.status(), StatusCode::FOUND);
}

#[tokio::test]
async fn the_date_of_answers_is_that_of_the_emulators_clock() {
    let world = world().await;
    for _ in 0..2 {
        let now = world.emulator.control().advance_clock(7200);
        let url = format!("{}/.well-known/openid-configuration", world.emulator.url());
        let answer = world.browser.client.get(url).send().await.unwrap();
        let date = httpdate::parse_http_date(answer.headers()["date"].to_str().unwrap()).unwrap();
        let shown = date.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert!(shown.abs_diff(u64::try_from(now).unwrap()) < 600, "{shown} {now}");
    }
}
