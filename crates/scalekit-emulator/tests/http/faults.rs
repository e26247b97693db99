//! Calls that fail on purpose.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use scalekit_emulator::{Endpoint, Fault, FaultKind};
use serde_json::Value;

use crate::support::{ADA, World, error, ok_json, text, world};

async fn signed_in() -> (World, String) {
    let world = world().await;
    let token = text(&world.sign_in(ADA).await, "refresh_token").to_owned();
    (world, token)
}

async fn fails_without_an_answer(world: &World, token: &str) {
    let url = format!("{}/oauth/token", world.emulator.url());
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", "skc_emulator"),
        ("client_secret", "test_emulator_secret"),
    ];
    let client = reqwest::Client::builder().timeout(Duration::from_millis(300)).build().unwrap();
    assert!(client.post(url).form(&form).send().await.is_err());
}

#[tokio::test]
async fn status_faults_apply_to_their_grant_only_and_only_so_many_times() {
    let (world, token) = signed_in().await;
    world
        .control()
        .add_fault(Fault::status(Endpoint::Token, 503).for_grant("refresh_token").with_retry_after(7).times(2));
    ok_json(world.token(&[("grant_type", "client_credentials")]).await).await;
    for _ in 0..2 {
        let answer = world.refresh(&token).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()["retry-after"], "7");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], 14);
    }
    ok_json(world.refresh(&token).await).await;
}

#[tokio::test]
async fn a_status_fault_can_carry_an_oauth_error() {
    let (world, token) = signed_in().await;
    world.control().add_fault(Fault::status(Endpoint::Token, 400).with_error("invalid_grant"));
    assert_eq!(error(world.refresh(&token).await).await, (400, "invalid_grant".into()));
    world.control().add_fault(Fault::status(Endpoint::Token, 400).with_error("invalid_grant").without_description());
    let bare = world.refresh(&token).await.json::<Value>().await.unwrap();
    assert_eq!(bare, serde_json::json!({ "error": "invalid_grant" }));
    assert_eq!(world.control().state().refresh_reuse, 0);
}

#[tokio::test]
async fn zero_times_means_until_cleared() {
    let (world, token) = signed_in().await;
    world.control().add_fault(Fault::status(Endpoint::Keys, 500).times(0));
    for _ in 0..3 {
        assert_eq!(world.browser.get("/keys").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
    world.control().clear_faults();
    ok_json(world.browser.get("/keys").await).await;
    ok_json(world.refresh(&token).await).await;
}

#[tokio::test]
async fn drop_before_leaves_the_refresh_token_alone_and_drop_after_spends_it() {
    let (world, token) = signed_in().await;
    world.control().add_fault(Fault::new(Endpoint::Token, FaultKind::DropBefore));
    fails_without_an_answer(&world, &token).await;
    assert_eq!(world.control().state().outcomes_of("token.refresh_token.ok"), 0);
    world.control().add_fault(Fault::new(Endpoint::Token, FaultKind::DropAfter));
    fails_without_an_answer(&world, &token).await;
    assert_eq!(world.control().state().outcomes_of("token.refresh_token.ok"), 1);
    assert_eq!(error(world.refresh(&token).await).await, (400, "invalid_grant".into()));
    assert_eq!(world.control().state().refresh_reuse, 1);
}

#[tokio::test]
async fn a_hanging_call_counts_as_open_and_ends_with_the_client() {
    let (world, token) = signed_in().await;
    world.control().add_fault(Fault::new(Endpoint::Token, FaultKind::Hang));
    fails_without_an_answer(&world, &token).await;
    let state = world.control().state();
    assert_eq!(state.most_open_token_calls, 1);
    assert_eq!(state.token_calls_of("refresh_token"), 1);
    ok_json(world.refresh(&token).await).await;
}

#[tokio::test]
async fn a_hanging_call_does_not_keep_the_emulator_from_stopping() {
    let (world, token) = signed_in().await;
    world.control().add_fault(Fault::new(Endpoint::Token, FaultKind::Hang));
    let url = format!("{}/oauth/token", world.emulator.url());
    let call = tokio::spawn(
        reqwest::Client::new().post(url).form(&[("grant_type", "refresh_token"), ("refresh_token", &token)]).send(),
    );
    while world.control().open_token_calls() == 0 {
        tokio::task::yield_now().await;
    }
    let begun = Instant::now();
    world.emulator.stop().await;
    assert!(call.await.unwrap().is_err());
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_hanging_call_ends_once_faults_are_cleared_and_its_token_is_still_good() {
    let (world, token) = signed_in().await;
    world.control().add_fault(Fault::new(Endpoint::Token, FaultKind::Hang));
    let call = tokio::spawn({
        let (url, token) = (format!("{}/oauth/token", world.emulator.url()), token.clone());
        async move {
            let form = [("grant_type", "refresh_token"), ("refresh_token", &token)];
            reqwest::Client::new().post(url).form(&form).send().await
        }
    });
    while world.control().open_token_calls() == 0 {
        tokio::task::yield_now().await;
    }
    world.control().clear_faults();
    assert!(call.await.unwrap().is_err());
    ok_json(world.refresh(&token).await).await;
}

#[tokio::test]
async fn a_delayed_call_does_its_work() {
    let (world, token) = signed_in().await;
    world.control().add_fault(Fault::delay(Endpoint::Token, 120));
    let begun = Instant::now();
    ok_json(world.refresh(&token).await).await;
    assert!(begun.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn garbage_html_and_truncated_answers_are_no_json() {
    let (world, token) = signed_in().await;
    for kind in [FaultKind::Garbage, FaultKind::Html, FaultKind::Truncated] {
        world.control().add_fault(Fault::new(Endpoint::Token, kind));
        let answer = world.refresh(&token).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.json::<Value>().await.is_err(), "{kind:?}");
    }
    // Only the truncated answer did its work.
    assert_eq!(world.control().state().outcomes_of("token.refresh_token.ok"), 1);
}

#[tokio::test]
async fn a_drip_never_ends_by_itself_and_ends_with_the_emulator() {
    let (world, token) = signed_in().await;
    world.control().add_fault(Fault::new(Endpoint::Token, FaultKind::Drip));
    let mut answer = world.refresh(&token).await;
    for _ in 0..3 {
        assert_eq!(answer.chunk().await.unwrap().unwrap().as_ref(), b" ");
    }
    let begun = Instant::now();
    world.emulator.stop().await;
    while let Ok(Some(_)) = answer.chunk().await {}
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_endless_body_is_sent_as_long_as_it_is_taken_and_counted() {
    let (world, token) = signed_in().await;
    world.control().add_fault(Fault::new(Endpoint::Token, FaultKind::Endless));
    let mut answer = world.refresh(&token).await;
    let mut read = 0;
    while read < 16 << 20 {
        read += u64::try_from(answer.chunk().await.unwrap().unwrap().len()).unwrap();
    }
    drop(answer);
    let sent = world.control().state().endless_bytes;
    assert!(sent >= read && sent < 1 << 30, "{sent}");
}

#[tokio::test]
async fn a_redirect_leads_where_it_was_told_to() {
    let (world, token) = signed_in().await;
    for (fault, status) in [
        (Fault::redirect(Endpoint::Token, 302, "http://127.0.0.1:9/x"), 302),
        (Fault { location: Some("/x".into()), ..Fault::new(Endpoint::Token, FaultKind::Redirect) }, 307),
    ] {
        let location = fault.location.clone().unwrap();
        world.control().add_fault(fault);
        let answer = world.refresh(&token).await;
        assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (status, &*location));
    }
    ok_json(world.refresh(&token).await).await;
}

#[tokio::test]
async fn every_endpoint_can_fail() {
    let world = world().await;
    for (endpoint, path) in [
        (Endpoint::Discovery, "/.well-known/openid-configuration"),
        (Endpoint::Keys, "/keys"),
        (Endpoint::Authorize, "/oauth/authorize"),
        (Endpoint::Userinfo, "/userinfo"),
        (Endpoint::Logout, "/oidc/logout"),
        (Endpoint::Management, "/api/v1/sessions/ses_1"),
    ] {
        world.control().add_fault(Fault::status(endpoint, 502));
        assert_eq!(world.browser.get(path).await.status(), StatusCode::BAD_GATEWAY, "{path}");
        assert_eq!(world.control().state().calls_of(endpoint), 1);
    }
}
