//! `POST /oauth/token` with `grant_type=authorization_code`

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use crate::support::{ADA, ALAN, ANALYTICAL, CALLBACK, VERIFIER, claims_of, error, header_of, ok_json, text, world};

#[tokio::test]
async fn code_exchange_answers_the_documented_members_and_claims() {
    let world = world().await;
    let answer = world.exchange(&world.code_for(ADA, &[]).await).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let tokens = ok_json(answer).await;
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 299);
    assert_eq!(tokens["scope"], "openid profile email offline_access");
    assert!(text(&tokens, "refresh_token").starts_with("rt_"));

    let keys = ok_json(world.browser.get("/keys").await).await;
    let access = claims_of(&tokens["access_token"]);
    let id = claims_of(&tokens["id_token"]);
    for token in ["access_token", "id_token"] {
        assert_eq!(header_of(&tokens[token]), json!({ "alg": "RS256", "kid": keys["keys"][0]["kid"], "typ": "JWT" }));
    }
    for claims in [&access, &id] {
        assert_eq!(claims["iss"], world.emulator.url());
        assert_eq!(claims["aud"], json!(["skc_emulator"]));
        assert_eq!((&claims["sub"], &claims["oid"]), (&json!(ADA), &json!(ANALYTICAL)));
        assert!(text(claims, "sid").starts_with("ses_"));
        assert_eq!(claims["client_id"], "skc_emulator");
    }
    assert_eq!(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(), 300);
    assert!(text(&access, "jti").starts_with("tkn_"));
    assert_eq!(access["roles"], json!(["admin"]));
    assert!(access["permissions"].as_array().unwrap().contains(&json!("projects:read")));
    assert!(access.get("email").is_none());
    assert_eq!(
        (&id["nonce"], &id["azp"], &id["email"]),
        (&json!("nonce-1"), &json!("skc_emulator"), &json!("ada@analytical.example"))
    );
    assert_eq!(id["picture"], format!("{}/__emulator/pictures/ada.svg", world.emulator.url()));
    let hash = digest::digest(&digest::SHA256, text(&tokens, "access_token").as_bytes());
    assert_eq!(id["at_hash"], URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]));
}

#[tokio::test]
async fn external_ids_are_always_claimed_and_empty_when_nobody_has_set_them() {
    let world = world().await;
    let access = claims_of(&world.sign_in(ALAN).await["access_token"]);
    assert_eq!((&access["xoid"], &access["xuid"]), (&json!("harbor-0042"), &json!("employee-1912")));
    assert_eq!(access["organization_name"], "Harbor Compilers", "the built-in seed sets this claim up");
    world.browser.forget_cookies();
    let access = claims_of(&world.sign_in(ADA).await["access_token"]);
    assert_eq!((&access["xoid"], &access["xuid"]), (&json!(""), &json!("")));
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let world = world().await;
    let code = world.code_for(ADA, &[("scope", "openid")]).await;
    let tokens = ok_json(world.exchange(&code).await).await;
    assert!(tokens.get("refresh_token").is_none());
    assert!(claims_of(&tokens["id_token"]).get("email").is_none());
}

#[tokio::test]
async fn a_code_works_once_and_its_second_use_revokes_what_it_gave() {
    let world = world().await;
    let code = world.code_for(ADA, &[]).await;
    let tokens = ok_json(world.exchange(&code).await).await;
    assert_eq!(error(world.exchange(&code).await).await, (400, "invalid_grant".into()));
    assert_eq!(error(world.refresh(text(&tokens, "refresh_token")).await).await, (400, "invalid_grant".into()));
}

#[tokio::test]
async fn a_code_expires_after_ten_minutes() {
    let world = world().await;
    let (early, late) = (world.code_for(ADA, &[]).await, world.code_for(ADA, &[("prompt", "login")]).await);
    world.control().advance_clock(580);
    ok_json(world.exchange(&early).await).await;
    world.control().advance_clock(20);
    assert_eq!(error(world.exchange(&late).await).await, (400, "invalid_grant".into()));
}

#[tokio::test]
async fn redirect_uri_and_verifier_must_be_those_of_the_request() {
    let world = world().await;
    let exchange = [("grant_type", "authorization_code"), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
    for (change, expected) in [
        (("redirect_uri", "http://localhost:3000/logged-out"), "invalid_grant"),
        (("redirect_uri", ""), "invalid_request"),
        (("code_verifier", ""), "invalid_grant"),
        (("code_verifier", "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong"), "invalid_grant"),
    ] {
        let code = world.code_for(ADA, &[("prompt", "login")]).await;
        let mut fields = exchange.to_vec();
        fields.extend([("code", code.as_str()), change]);
        assert_eq!(error(world.token(&fields).await).await, (400, expected.into()), "{change:?}");
    }
    let code = world.code_for(ADA, &[("prompt", "login"), ("code_challenge", ""), ("code_challenge_method", "")]).await;
    assert_eq!(error(world.exchange(&code).await).await, (400, "invalid_grant".into()), "verifier without challenge");
}
