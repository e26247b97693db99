//! Tokens that are wrong in any way of design §4.4: no session, and no provider call after the token call.

use scalekit_emulator::{Signature, Tamper, TokenKind};
use serde_json::{Value, json};

use super::{elsewhere::Elsewhere, refuses};
use crate::support::{ADA, app};

/// Everything that has been tried on JSON web tokens: algorithms, keys the token brings along, kinds of key
/// mixed up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_signature_trick_works_on_either_token() {
    let (app, elsewhere) = (app().await, Elsewhere::start().await);
    drop(app.signed_in(ADA).await);
    let url = |path: &str| format!("{}/{path}", elsewhere.url);
    for token in [TokenKind::Id, TokenKind::Access] {
        let wrong = |signature| Tamper::new(token).signature(signature);
        for (name, tamper) in [
            ("none", wrong(Signature::None)),
            ("None", wrong(Signature::None).header("alg", "None")),
            ("nOnE", wrong(Signature::None).header("alg", "nOnE")),
            ("NONE", wrong(Signature::None).header("alg", "NONE")),
            ("no alg, no signature", wrong(Signature::Empty).header("alg", Value::Null)),
            ("no alg, a good signature", wrong(Signature::Keep).header("alg", Value::Null)),
            ("alg empty", wrong(Signature::Keep).header("alg", "")),
            ("alg a list", wrong(Signature::Keep).header("alg", json!(["RS256"]))),
            ("alg in lower case", wrong(Signature::Keep).header("alg", "rs256")),
            ("RS256 and nothing", wrong(Signature::Empty)),
            ("a flipped bit", wrong(Signature::Flip)),
            ("the signature of another token", wrong(Signature::OfAnotherToken)),
            ("another key", wrong(Signature::OtherKey)),
            ("another key, no kid", wrong(Signature::OtherKey).header("kid", Value::Null)),
            ("HS256 with the public key", wrong(Signature::Hs256)),
            ("HS512 with the public key", wrong(Signature::Hs256).header("alg", "HS512")),
            ("HS256 with the client secret", wrong(Signature::ClientSecret)),
            ("ES256 over RS256", wrong(Signature::Keep).header("alg", "ES256")),
            ("PS256 over RS256", wrong(Signature::Keep).header("alg", "PS256")),
            ("RS512 over RS256", wrong(Signature::Keep).header("alg", "RS512")),
            ("EdDSA over RS256", wrong(Signature::Keep).header("alg", "EdDSA")),
            ("jwk", wrong(Signature::EmbeddedKey)),
            ("jwk, no kid", wrong(Signature::EmbeddedKey).header("kid", Value::Null)),
            ("jku", wrong(Signature::OtherKey).header("jku", url("keys"))),
            ("jku and a kid of theirs", wrong(Signature::OtherKey).header("jku", url("keys")).header("kid", "theirs")),
            ("x5u", wrong(Signature::OtherKey).header("x5u", url("certificate"))),
            ("x5c", wrong(Signature::OtherKey).header("x5c", json!(["MIIB"]))),
            ("kid a number", wrong(Signature::Keep).header("kid", 1)),
            ("kid a list", wrong(Signature::Keep).header("kid", json!(["snk_1"]))),
            ("kid a URL", wrong(Signature::OtherKey).header("kid", url("keys"))),
            ("kid a path", wrong(Signature::ClientSecret).header("kid", "../../../../dev/null")),
            ("kid empty", wrong(Signature::OtherKey).header("kid", "")),
            ("unencoded payload", wrong(Signature::Keep).header("b64", false).header("crit", json!(["b64"]))),
            ("an empty crit", wrong(Signature::Keep).header("crit", json!([]))),
        ] {
            refuses(&app, &format!("{token:?}: {name}"), tamper).await;
        }
    }
    assert_eq!(elsewhere.received(), Vec::<String>::new(), "no key is fetched from where a token points");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_token_that_is_wrong_in_any_way_is_refused() {
    let app = app().await;
    drop(app.signed_in(ADA).await);
    let now = app.state.clock.now();
    let id = || Tamper::new(TokenKind::Id);
    for (name, tamper) in [
        ("unknown kid", id().header("kid", "snk_unknown")),
        ("critical header", id().header("crit", json!(["exp"]))),
        ("another typ", id().header("typ", "at+jwt")),
        ("another issuer", id().claim("iss", "https://evil.example")),
        ("no issuer", id().claim("iss", Value::Null)),
        ("another audience", id().claim("aud", json!(["skc_other"]))),
        ("no audience", id().claim("aud", Value::Null)),
        ("an unknown extra audience", id().claim("aud", json!(["skc_emulator", "skc_other"]))),
        ("another authorized party", id().claim("azp", "skc_other")),
        ("expired", id().claim("exp", now - 3600)),
        ("no expiry", id().claim("exp", Value::Null)),
        ("issued in the future", id().claim("iat", now + 3600)),
        ("no issue time", id().claim("iat", Value::Null)),
        ("not valid yet", id().claim("nbf", now + 3600)),
        ("another nonce", id().claim("nonce", "other")),
        ("no nonce", id().claim("nonce", Value::Null)),
        ("another at_hash", id().claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")),
        ("empty subject", id().claim("sub", "")),
        ("subject not a string", id().claim("sub", 7)),
        ("no subject", id().claim("sub", Value::Null)),
        ("empty session", id().claim("sid", "")),
        ("no session", id().claim("sid", Value::Null)),
        ("no organization", id().claim("oid", Value::Null)),
    ] {
        refuses(&app, name, tamper).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_access_token_that_is_wrong_in_any_way_is_refused() {
    let app = app().await;
    drop(app.signed_in(ADA).await);
    let now = app.state.clock.now();
    let access = || Tamper::new(TokenKind::Access);
    for (name, tamper) in [
        ("another issuer", access().claim("iss", "https://evil.example")),
        ("another audience", access().claim("aud", json!(["skc_other"]))),
        ("expired", access().claim("exp", now - 3600)),
        ("not valid yet", access().claim("nbf", now + 3600)),
        ("another user", access().claim("sub", "usr_other")),
        ("another session", access().claim("sid", "ses_other")),
        ("another organization", access().claim("oid", "org_other")),
        ("roles not strings", access().claim("roles", json!([1]))),
        ("roles a string", access().claim("roles", "admin")),
        ("an ID token in its place", access().claim("nonce", "x").claim("jti", Value::Null)),
    ] {
        refuses(&app, name, tamper).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_response_without_an_id_token_is_refused() {
    let app = app().await;
    let mut browser = app.browser();
    let callback = browser.sign_in_at_provider("/auth/login", ADA).await;
    app.emulator.control().change_token_response(json!({"id_token": null}).as_object().unwrap().clone(), 1);
    assert_eq!(browser.get(&callback).await.status, 502);
    assert!(!browser.cookies.contains_key("session"));
}
