//! The 14 modules of `oidcc-client-basic-certification-test-plan`, in its order.

use scalekit_emulator::{Endpoint, Replacement, Signature, Tamper, TokenKind};
use serde_json::{Value, json};

use super::{authorization_request, elsewhere::Elsewhere, published_keys, refuses};
use crate::support::{ADA, app, app_at};

fn id_token() -> Tamper {
    Tamper::new(TokenKind::Id)
}

async fn is_refused(name: &str, tamper: Tamper) {
    let app = app().await;
    refuses(&app, name, tamper).await;
    drop(app.signed_in(ADA).await);
}

/// The happy path: a request for a code, an exchange, a session. The module also calls userinfo; this
/// application does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_test() {
    let app = app().await;
    let request = authorization_request(&app).await;
    assert_eq!((&request["response_type"], &request["client_id"]), (&json!("code"), &json!("skc_emulator")));
    assert_eq!(request["redirect_uri"], format!("{}/auth/callback", app.url));
    assert_eq!(request["code_challenge_method"], "S256");
    for name in ["state", "nonce", "code_challenge"] {
        assert!(request[name].as_str().unwrap().len() >= 22, "{name} has 128 bits");
    }
    assert_ne!(authorization_request(&app).await["nonce"], request["nonce"], "each attempt has its own");

    let mut browser = app.signed_in(ADA).await;
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
    assert_eq!(app.token_calls("authorization_code"), 1);
}

/// `iss` is another issuer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_iss() {
    is_refused("iss", id_token().claim("iss", "https://evil.example")).await;
}

/// There is no `sub`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_sub() {
    is_refused("sub", id_token().claim("sub", Value::Null)).await;
}

/// `aud` does not name the client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_aud() {
    is_refused("aud", id_token().claim("aud", json!(["skc_other"]))).await;
}

/// There is no `iat`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_iat() {
    is_refused("iat", id_token().claim("iat", Value::Null)).await;
}

/// The header has no `kid` and the key set one key: accepted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kid_absent_single_jwks() {
    let app = app().await;
    app.emulator.control().tamper(id_token().header("kid", Value::Null));
    let mut browser = app.signed_in(ADA).await;
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
}

/// The header has no `kid` and the key set several keys. The module lets a client choose; this one does not
/// guess.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kid_absent_multiple_jwks() {
    let app = app().await;
    app.emulator.control().rotate_keys(true).unwrap();
    assert_eq!(published_keys(&app).await.len(), 2);
    refuses(&app, "no kid", id_token().header("kid", Value::Null)).await;
    drop(app.signed_in(ADA).await);
}

/// The signature is RS256 and right, by a key that has to be fetched: once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idtoken_sig_rs256() {
    let app = app().await;
    drop(app.signed_in(ADA).await);
    drop(app.signed_in(ADA).await);
    assert_eq!(app.emulator.control().state().calls_of(Endpoint::Keys), 1);
}

/// There is no signature and `alg` is `none`. The module lets a client accept it in the code flow; this one
/// never does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idtoken_sig_none() {
    is_refused("none", id_token().signature(Signature::None)).await;
}

/// The RS256 signature is wrong.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_sig_rs256() {
    is_refused("flipped", id_token().signature(Signature::Flip)).await;
}

/// `sub` of the userinfo answer is another person's. Not applicable: userinfo is never called, so whatever it
/// says is not heard.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn userinfo_invalid_sub() {
    let app = app().await;
    app.emulator.control().replace_answer(Replacement::new(Endpoint::Userinfo).member("sub", "usr_other").times(0));
    let mut browser = app.signed_in(ADA).await;
    app.advance(300);
    assert_eq!(app.user_of(&mut browser).await.as_deref(), Some(ADA));
    assert_eq!(app.token_calls("refresh_token"), 1);
    assert_eq!(app.emulator.control().state().calls_of(Endpoint::Userinfo), 0);
}

/// `nonce` is not that of the request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonce_invalid() {
    is_refused("nonce", id_token().claim("nonce", "other")).await;
}

/// Claims are asked for by scope, for the module to deliver by userinfo. Here they come with the ID token,
/// and userinfo is not called.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scope_userinfo_claims() {
    let app = app().await;
    let request = authorization_request(&app).await;
    let scopes: Vec<&str> = request["scope"].as_str().unwrap().split(' ').collect();
    for scope in ["openid", "profile", "email"] {
        assert!(scopes.contains(&scope), "{scopes:?}");
    }
    let mut browser = app.signed_in(ADA).await;
    let page = browser.get("/dashboard/profile").await;
    assert!(page.body.contains("Ada Lovelace") && page.body.contains("ada@"), "{}", page.body);
    assert_eq!(app.emulator.control().state().calls_of(Endpoint::Userinfo), 0);
}

/// The client authenticates by HTTP Basic. Not applicable: this one has the other of the two ways that every
/// provider must offer, `client_secret_post`, as Scalekit's own kits do. The secret is in the body, once, and
/// nowhere else in the request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_secret_basic() {
    let provider = Elsewhere::start().await;
    let app = app_at(&provider.url).await;
    let mut browser = crate::support::Browser::new(&app.url);
    let start = browser.get("/auth/login").await;
    let url = url::Url::parse(start.location()).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let page = browser.get(&format!("/auth/callback?code=the-code&state={state}")).await;
    assert_eq!(page.status, 503, "the provider of this test knows no tokens");
    let requests = provider.received();
    let [request] = &*requests else { panic!("{requests:?}") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /oauth/token HTTP/1.1"), "{head}");
    assert!(!head.to_ascii_lowercase().contains("authorization:") && !head.contains("test_secret"), "{head}");
    assert_eq!(body.matches("client_secret=test_secret").count(), 1, "{body}");
    assert_eq!(body.matches("test_secret").count(), 1, "{body}");
}
