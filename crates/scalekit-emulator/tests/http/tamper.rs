//! Tokens that are wrong on purpose.

use scalekit_emulator::{Signature, Tamper, TokenKind};
use serde_json::{Map, Value, json};

use crate::support::{ADA, claims_of, header_of, ok_json, text, world};

#[tokio::test]
async fn claims_and_header_are_changed_for_the_next_token_only() {
    let world = world().await;
    world.control().tamper(
        Tamper::new(TokenKind::Id).claim("nonce", "other").claim("at_hash", Value::Null).header("kid", "snk_1"),
    );
    let wrong = world.sign_in(ADA).await;
    let claims = claims_of(&wrong["id_token"]);
    assert_eq!(claims["nonce"], "other");
    assert!(claims.get("at_hash").is_none());
    assert_eq!(header_of(&wrong["id_token"])["kid"], "snk_1");
    assert_eq!(claims_of(&wrong["access_token"])["sub"], ADA);
    world.browser.forget_cookies();
    let right = world.sign_in(ADA).await;
    assert_eq!(claims_of(&right["id_token"])["nonce"], "nonce-1");
}

#[tokio::test]
async fn signatures_can_be_missing_or_of_another_algorithm() {
    let world = world().await;
    for (signature, algorithm) in [
        (Signature::None, "none"),
        (Signature::Hs256, "HS256"),
        (Signature::ClientSecret, "HS256"),
        (Signature::Flip, "RS256"),
        (Signature::OtherKey, "RS256"),
        (Signature::OfAnotherToken, "RS256"),
        (Signature::EmbeddedKey, "RS256"),
        (Signature::Empty, "RS256"),
    ] {
        world.control().tamper(Tamper::new(TokenKind::Access).signature(signature));
        world.browser.forget_cookies();
        let tokens = world.sign_in(ADA).await;
        assert_eq!(header_of(&tokens["access_token"])["alg"], algorithm);
        let signed = text(&tokens, "access_token").rsplit_once('.').unwrap().1;
        assert_eq!(signed.is_empty(), matches!(signature, Signature::None | Signature::Empty));
    }
}

#[tokio::test]
async fn the_algorithm_that_was_ordered_stays() {
    let world = world().await;
    for (signature, algorithm) in [(Signature::None, "nOnE"), (Signature::Hs256, "HS512"), (Signature::Keep, "ES256")] {
        world.control().tamper(Tamper::new(TokenKind::Access).signature(signature).header("alg", algorithm));
        world.browser.forget_cookies();
        assert_eq!(header_of(&world.sign_in(ADA).await["access_token"])["alg"], algorithm);
    }
}

#[tokio::test]
async fn an_embedded_key_is_not_in_the_key_set() {
    let world = world().await;
    world.control().tamper(Tamper::new(TokenKind::Id).signature(Signature::EmbeddedKey));
    let header = header_of(&world.sign_in(ADA).await["id_token"]);
    let published = ok_json(world.browser.get("/keys").await).await;
    let own = &published["keys"][0];
    assert_eq!((&header["kid"], &header["jwk"]["kty"]), (&own["kid"], &json!("RSA")));
    assert_ne!(header["jwk"]["n"], own["n"]);
}

#[tokio::test]
async fn cleared_tampering_is_gone() {
    let world = world().await;
    world.control().tamper(Tamper::new(TokenKind::Access).claim("sub", "usr_x").times(0));
    world.control().clear_tamper();
    assert_eq!(claims_of(&world.sign_in(ADA).await["access_token"])["sub"], ADA);
}

#[tokio::test]
async fn members_of_the_token_response_can_be_set_and_removed() {
    let world = world().await;
    let set: Map<String, Value> =
        json!({ "token_type": "mac", "refresh_token": null, "expires_in": "soon" }).as_object().unwrap().clone();
    world.control().change_token_response(set, 1);
    let tokens = world.sign_in(ADA).await;
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("mac"), &json!("soon")));
    assert!(tokens.get("refresh_token").is_none());
    world.browser.forget_cookies();
    assert_eq!(world.sign_in(ADA).await["token_type"], "Bearer");
}
