//! What an administrator can do in Scalekit's dashboard while people are signed in: move the environment to a
//! custom domain, add claims, change the audience, give somebody a great many permissions, switch Full-Stack
//! Auth off.

use scalekit_emulator::{Emulator, SettingsChange, Tamper, TokenKind};
use serde_json::{Value, json};

use crate::support::{ADA, ALAN, App, KATHERINE, app, app_that_expects};

/// Longer than an access token lives.
const LIFETIME: i64 = 300;

fn edit(app: &App, change: &Value) {
    app.emulator.control().change_settings(serde_json::from_value::<SettingsChange>(change.clone()).unwrap());
}

/// The emulator under the name that it gets by the move; it answers at both.
fn custom_domain(emulator: &Emulator) -> String {
    emulator.url().replace("localhost", "127.0.0.1")
}

fn configured(emulator: &Emulator, environment_url: &str, issuers: &[&str]) -> scalekit::Config {
    let secret = emulator.client_secret().to_owned().into();
    scalekit::Config::new(environment_url, emulator.client_id(), secret).unwrap().with_issuers(issuers).unwrap()
}

/// `docs/deployment.md`, "Moving to a custom domain", step by step.
#[tokio::test]
async fn a_move_to_a_custom_domain_signs_nobody_out() {
    let both = |config: scalekit::Config| {
        let old = config.environment_url().to_owned();
        config.with_issuers(&[&old, &old.replace("localhost", "127.0.0.1")]).unwrap()
    };
    // 1. Both names are accepted, before the move.
    let app = app_that_expects(both).await;
    let (mut ada, mut alan) = (app.signed_in(ADA).await, app.signed_in(ALAN).await);

    // 2. The environment has its new name from one token to the next.
    let new = custom_domain(&app.emulator);
    edit(&app, &json!({ "issuer": new }));
    assert_eq!(app.user_of(&mut ada).await.as_deref(), Some(ADA), "a session from before");
    app.advance(LIFETIME);
    for (browser, user) in [(&mut ada, ADA), (&mut alan, ALAN)] {
        assert_eq!(app.user_of(browser).await.as_deref(), Some(user), "refreshed by the new issuer");
    }
    let mut katherine = app.signed_in(KATHERINE).await;
    assert_eq!(app.user_of(&mut katherine).await.as_deref(), Some(KATHERINE), "signed in by the new issuer");
    app.emulator.control().end_session(&app.emulator.control().sessions()[1].sid);
    crate::support::until("a logout token of the new issuer", async || app.user_of(&mut alan).await.is_none()).await;

    // 3. The next release calls Scalekit by its new name, and 4. the one after knows no other.
    let old = app.emulator.url();
    for issuers in [&[old, &new][..], &[&new]] {
        app.advance(LIFETIME);
        let release = app.replica_of(configured(&app.emulator, &new, issuers), |_| {}).await;
        for (browser, user) in [(&mut ada, ADA), (&mut katherine, KATHERINE)] {
            let mut there = browser.at(&release.url);
            assert_eq!(app.user_of(&mut there).await.as_deref(), Some(user), "{issuers:?}");
            browser.cookies = there.cookies;
        }
    }
    assert_eq!(app.token_calls("authorization_code"), 3, "nobody had to sign in again");
    assert_eq!(app.token_calls("refresh_token"), 6);
}

#[tokio::test]
async fn custom_claims_of_any_name_and_type_stop_neither_sign_in_nor_refresh() {
    let app = app().await;
    let mut before = app.signed_in(ADA).await;
    edit(
        &app,
        &json!({ "access_token_claims": {
            "scope": 7, "scopes": { "a": [["b"]] }, "events": { "launch": "2026-11-30" }, "nonce": "n", "at_hash": 1,
            "c_hash": ["x"], "amr": { "x": 1 }, "azp": "billing", "client_id": 5, "email": false, "name": [1], "organization_name": 3,
        } }),
    );
    app.advance(LIFETIME);
    assert_eq!(app.user_of(&mut before).await.as_deref(), Some(ADA));
    assert_eq!(app.token_calls("refresh_token"), 1);
    let mut after = app.signed_in(ALAN).await;
    let profile = after.get("/dashboard/profile").await;
    assert_eq!(profile.status, 200);
    assert!(profile.body.contains("launch"), "what nobody knows is shown with the other claims");
}

#[tokio::test]
async fn external_ids_of_odd_types_count_as_absent() {
    let app = app().await;
    let odd = Tamper::new(TokenKind::Access).claim("xoid", 7).claim("xuid", json!(["a"])).times(0);
    app.emulator.control().tamper(odd);
    let mut browser = app.signed_in(ADA).await;
    app.advance(LIFETIME);
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
    assert_eq!(app.token_calls("refresh_token"), 1);
}

#[tokio::test]
async fn an_audience_besides_or_a_configured_one_in_our_place_is_accepted() {
    const API: &str = "https://api.acme.example";
    let app = app_that_expects(|config| config.with_audiences(vec![API.to_owned()])).await;
    let mut browser = app.signed_in(ADA).await;
    for audience in [json!([app.emulator.client_id(), "https://other.example"]), json!([API])] {
        edit(&app, &json!({ "audience": audience }));
        app.advance(LIFETIME);
        assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA), "{audience}");
    }
    assert_eq!(app.token_calls("refresh_token"), 2);
    app.emulator.control().end_session(&app.emulator.control().sessions()[0].sid);
    crate::support::until("a logout token for the API", async || app.user_of(&mut browser).await.is_none()).await;
}

#[tokio::test]
async fn somebody_with_1500_permissions_signs_in_refreshes_and_sees_the_profile() {
    let app = app().await;
    let permissions: Vec<_> = (0..1500).map(|number| format!("workspace-{number:04}:report:read")).collect();
    app.emulator.control().tamper(Tamper::new(TokenKind::Access).claim("permissions", json!(permissions)).times(0));
    let mut browser = app.signed_in(ADA).await;
    for path in ["/dashboard/profile", "/dashboard"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains("workspace-0000:report:read") && page.body.contains("workspace-1499:report:read"));
    }
    app.advance(LIFETIME);
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
    assert_eq!(app.token_calls("refresh_token"), 1);
}

#[tokio::test]
async fn a_token_ends_when_its_answer_says_so_and_not_later() {
    let app = app().await;
    app.emulator.control().change_token_response(json!({ "expires_in": 60 }).as_object().unwrap().clone(), 1);
    let mut browser = app.signed_in(ADA).await;
    app.advance(61);
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
    assert_eq!(app.token_calls("refresh_token"), 1);
}

#[tokio::test]
async fn without_full_stack_auth_nobody_is_signed_in() {
    let app = app().await;
    let of_a_connection = |kind| {
        Tamper::new(kind).claim("sub", "conn_1;ada@example.com").claim("sid", Value::Null).claim("oid", Value::Null)
    };
    app.emulator.control().tamper(of_a_connection(TokenKind::Id));
    app.emulator.control().tamper(of_a_connection(TokenKind::Access));
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    let page = browser.get(&callback).await;
    assert_eq!(page.status, 502, "{}", page.body);
    assert_eq!(app.user_of(&mut browser).await, None);
}
