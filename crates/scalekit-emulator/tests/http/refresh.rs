//! `POST /oauth/token` with `grant_type=refresh_token`

use scalekit_emulator::SettingsChange;
use serde_json::json;

use crate::support::{ADA, ANALYTICAL, claims_of, error, ok_json, text, world};

#[tokio::test]
async fn refresh_rotates_without_grace_and_counts_reuse() {
    let world = world().await;
    let first = world.sign_in(ADA).await;
    let second = ok_json(world.refresh(text(&first, "refresh_token")).await).await;
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(second["expires_in"], 299);
    let id = claims_of(&second["id_token"]);
    assert!(id.get("nonce").is_none() && id.get("at_hash").is_some());
    assert_eq!(id["sid"], claims_of(&first["id_token"])["sid"]);
    assert_eq!(error(world.refresh(text(&first, "refresh_token")).await).await, (400, "invalid_grant".into()));
    assert_eq!(world.control().state().refresh_reuse, 1);
    ok_json(world.refresh(text(&second, "refresh_token")).await).await;
    assert_eq!(error(world.refresh("rt_unknown").await).await, (400, "invalid_grant".into()));
    assert_eq!(world.control().state().refresh_reuse, 1);
}

#[tokio::test]
async fn refresh_settings_switch_id_token_and_rotation_off() {
    let world = world().await;
    world.control().change_settings(SettingsChange {
        id_token_on_refresh: Some(false),
        rotate_refresh_tokens: Some(false),
        access_token_lifetime: Some(60),
        ..SettingsChange::default()
    });
    let first = world.sign_in(ADA).await;
    let second = ok_json(world.refresh(text(&first, "refresh_token")).await).await;
    assert!(second.get("id_token").is_none());
    assert_eq!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(second["expires_in"], 59);
}

#[tokio::test]
async fn changed_roles_show_at_the_next_refresh_and_not_before() {
    let world = world().await;
    let first = world.sign_in(ADA).await;
    world.control().set_roles(ADA, ANALYTICAL, &["viewer"]).unwrap();
    assert_eq!(claims_of(&first["access_token"])["roles"], json!(["admin"]));
    let claims = claims_of(&ok_json(world.refresh(text(&first, "refresh_token")).await).await["access_token"]);
    assert_eq!((&claims["roles"], &claims["permissions"]), (&json!(["viewer"]), &json!(["projects:read"])));
}

#[tokio::test]
async fn ended_and_idle_sessions_refuse_refresh() {
    let world = world().await;
    let tokens = world.sign_in(ADA).await;
    let sid = claims_of(&tokens["id_token"])["sid"].as_str().unwrap().to_owned();
    assert!(world.control().end_session(&sid));
    assert_eq!(error(world.refresh(text(&tokens, "refresh_token")).await).await, (400, "invalid_grant".into()));
    assert!(!world.control().end_session(&sid));

    let tokens = world.sign_in(ADA).await;
    world.control().advance_clock(6 * 24 * 3600);
    let tokens = ok_json(world.refresh(text(&tokens, "refresh_token")).await).await;
    world.control().advance_clock(7 * 24 * 3600);
    assert_eq!(error(world.refresh(text(&tokens, "refresh_token")).await).await, (400, "invalid_grant".into()));
}
