//! The application as a relying party: what the OpenID Foundation's conformance suite asks of one, and what a
//! hostile or broken provider and an attacker with a browser can try beyond that. One file a topic.
//!
//! Where a test has the name of a module of that suite (`oidcc-client-test-…`, without the prefix), the
//! comment above it says what the module does; where one does not apply here, the test says why and shows
//! that it does not. Rules that need no HTTP to be seen are tested in `crates/scalekit/src/verify`.

mod back_channel_logout;
mod basic;
mod configuration;
mod elsewhere;
mod hostile_provider;
mod key_fetches;
mod logout;
mod refresh_token;
mod responses;
mod tokens;

use scalekit_emulator::{Endpoint, Tamper};
use serde_json::{Map, Value};

use crate::support::{ADA, App};

/// Signs in with tokens that are wrong in the way of `tamper`: no session, and no provider call after the
/// token call.
async fn refuses(app: &App, name: &str, tamper: Tamper) {
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login?prompt=login", ADA).await;
    // The keys are at hand, so a refusal needs no further call; an unknown `kid` may look once.
    let before = app.emulator.control().state();
    app.emulator.control().tamper(tamper);
    let page = browser.get(&callback).await;
    assert_eq!(page.status, 502, "{name}: {}", page.body);
    assert!(!browser.cookies.contains_key("session"), "{name}: no session");
    let after = app.emulator.control().state();
    assert_eq!(after.calls_of(Endpoint::Token), before.calls_of(Endpoint::Token) + 1, "{name}: one token call");
    assert_eq!(after.calls_of(Endpoint::Userinfo) + after.calls_of(Endpoint::Logout), 0, "{name}");
    assert!(after.calls_of(Endpoint::Keys) <= before.calls_of(Endpoint::Keys) + 1, "{name}");
    assert_eq!(browser.get("/dashboard").await.status, 302, "{name}");
    app.emulator.control().clear_tamper();
}

/// The keys that the provider publishes.
async fn published_keys(app: &App) -> Vec<Value> {
    let answer = app.browser().get(&format!("{}/keys", app.emulator.url())).await;
    let set: Value = serde_json::from_str(&answer.body).unwrap();
    set["keys"].as_array().unwrap().clone()
}

/// The parameters of the authorization request that a link to `/auth/login` makes.
async fn authorization_request(app: &App) -> Map<String, Value> {
    let start = app.browser().get("/auth/login").await;
    let url = url::Url::parse(start.location()).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect()
}
