//! `GET /oidc/logout`

use reqwest::{StatusCode, Url};

use crate::support::{ADA, LOGGED_OUT, World, error, location, query, text, world};

fn logout_url(world: &World, parameters: &[(&str, &str)]) -> String {
    Url::parse_with_params(&format!("{}/oidc/logout", world.emulator.url()), parameters).unwrap().to_string()
}

#[tokio::test]
async fn logout_ends_session_and_refresh_tokens_and_echoes_the_state() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    let parameters =
        [("id_token_hint", text(&tokens, "id_token")), ("post_logout_redirect_uri", LOGGED_OUT), ("state", "s 1")];
    let answer = world.browser.get(&logout_url(&world, &parameters)).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(location(&answer), format!("{LOGGED_OUT}?state=s+1"));
    assert!(!world.browser.has_session_cookie());
    assert_eq!(world.control().sessions()[0].status, "ended");
    assert_eq!(error(world.refresh(text(&tokens, "refresh_token")).await).await, (400, "invalid_grant".into()));
    assert_eq!(query(&world.authorize(&[("prompt", "none")]).await)["error"], "login_required");
    assert_eq!(world.control().state().outcomes_of("logout.ended"), 1);
}

#[tokio::test]
async fn an_expired_hint_and_a_hint_of_a_withdrawn_key_are_good_hints() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    world.control().advance_clock(2 * 3600);
    world.control().rotate_keys(false).unwrap();
    let parameters = [("id_token_hint", text(&tokens, "id_token")), ("post_logout_redirect_uri", LOGGED_OUT)];
    assert_eq!(location(&world.browser.get(&logout_url(&world, &parameters)).await), LOGGED_OUT);
    assert_eq!(world.control().state().live_sessions, 0);
}

#[tokio::test]
async fn an_unregistered_or_relative_target_is_refused_and_nothing_ends() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    for target in [
        "https://evil.example/",
        "/logged-out",
        "http://localhost:3000/logged-out/",
        "http://localhost:3000/auth/callback",
    ] {
        let parameters = [("id_token_hint", text(&tokens, "id_token")), ("post_logout_redirect_uri", target)];
        let answer = world.browser.get(&logout_url(&world, &parameters)).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{target}");
        assert!(answer.text().await.unwrap().contains("invalid_request"));
    }
    assert_eq!(world.control().state().live_sessions, 1);
}

#[tokio::test]
async fn a_forged_hint_and_an_access_token_as_hint_are_refused() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    let forged = format!("{}x", text(&tokens, "id_token"));
    for hint in [forged.as_str(), "garbage", text(&tokens, "access_token")] {
        let answer = world.browser.get(&logout_url(&world, &[("id_token_hint", hint)])).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    }
    assert_eq!(world.control().state().live_sessions, 1);
}

#[tokio::test]
async fn without_a_hint_the_person_is_asked_first() {
    let world = world().await;
    world.sign_in(ADA).await;
    let target = [("post_logout_redirect_uri", LOGGED_OUT), ("state", "s")];
    let page = world.browser.get(&logout_url(&world, &target)).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains("Ada Lovelace"));
    assert_eq!(world.control().state().live_sessions, 1);
    let answer = world.browser.post("/oidc/logout/confirm", &target).await;
    assert_eq!(location(&answer), format!("{LOGGED_OUT}?state=s"));
    assert_eq!(world.control().state().live_sessions, 0);
}

#[tokio::test]
async fn a_call_without_the_browsers_cookie_ends_nothing() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    world.browser.forget_cookies();
    let parameters = [("id_token_hint", text(&tokens, "id_token")), ("post_logout_redirect_uri", LOGGED_OUT)];
    assert_eq!(location(&world.browser.get(&logout_url(&world, &parameters)).await), LOGGED_OUT);
    assert_eq!(world.control().state().live_sessions, 1);
    assert_eq!(world.control().state().outcomes_of("logout.no_session"), 1);
}

#[tokio::test]
async fn without_a_target_a_page_says_signed_out() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    let answer = world.browser.get(&logout_url(&world, &[("id_token_hint", text(&tokens, "id_token"))])).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.text().await.unwrap().contains("You are signed out"));
    assert_eq!(world.control().state().live_sessions, 0);
}
