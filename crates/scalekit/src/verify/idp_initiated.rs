//! The rules for the token that comes with an IdP-initiated login, `?idp_initiated_login=…` on the
//! initiate-login URL (docs "Handle identity provider initiated SSO").
//!
//! Not here: the login itself, which is an ordinary one, with a `state` of our own. Called by
//! [`crate::Client::verify_idp_initiated_login`].
//!
//! The official SDKs only check a signature here, so that any token of the environment passes. These rules
//! let the documented token pass and no other.

use super::Expected;
use super::jws::Jws;
use super::rules::Claims;
use crate::claims::IdpInitiatedLogin;
use crate::error::VerificationError;
use crate::keys::KeySet;

/// In seconds. Real ones live for 300; nobody needs one that is kept for later.
const MAX_REMAINING: i64 = 600;

/// Claims of ID, access, logout and application tokens which the documented token does not have.
const OF_OTHER_KINDS: [&str; 9] =
    ["events", "sid", "nonce", "at_hash", "c_hash", "scope", "scopes", "roles", "permissions"];

/// Verifies the token of an IdP-initiated login. Of `expected`, only issuers, client, time and tolerance are
/// used.
///
/// # Errors
///
/// The first rule the token breaks. Whatever it is, an ordinary login can be begun instead.
pub fn verify_idp_initiated_login(
    token: &str,
    keys: &KeySet,
    expected: &Expected<'_>,
) -> Result<IdpInitiatedLogin, VerificationError> {
    let jws = Jws::parse(token)?;
    jws.require_type(&["JWT"])?;
    let mut claims = Claims::new(jws.verify(keys)?);

    if claims.has_access_token_id() || OF_OTHER_KINDS.iter().any(|name| claims.has(name)) {
        return Err(VerificationError::NotAnIdpInitiatedLogin);
    }
    claims.check_issuer(expected.issuers)?;
    // Neither is documented for this token; one that is made for another application says so here.
    if claims.has("aud") {
        claims.check_sole_audience(expected.client_id)?;
    }
    claims.check_authorized_party(expected.client_id, false)?;
    let (exp, _) = claims.check_dates(expected.now, expected.clock_tolerance)?;
    if exp > expected.now.saturating_add(MAX_REMAINING) {
        return Err(VerificationError::LongLived);
    }

    let login = IdpInitiatedLogin {
        organization_id: claims.text("organization_id")?,
        connection_id: claims.text("connection_id")?,
        login_hint: claims.text("login_hint")?,
    };
    if login.organization_id.is_none() && login.connection_id.is_none() {
        return Err(VerificationError::NowhereToLogIn);
    }
    Ok(login)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::tests::{NOW, TOLERANCE, access_claims, id_claims, with, without};
    use super::super::{ExpectedNonce, verify_access_token, verify_id_token, verify_logout_token};
    use super::*;
    use crate::testing::{KEY_A, KEY_B, config};

    fn claims() -> Value {
        json!({
            "iss": "https://acme.scalekit.dev", "organization_id": "org_1", "connection_id": "conn_1",
            "login_hint": "ada@example.com", "relay_state": "/invoices", "iat": NOW, "nbf": NOW, "exp": NOW + 300,
        })
    }

    fn at(token: &str, now: i64) -> Result<IdpInitiatedLogin, VerificationError> {
        let config = config();
        verify_idp_initiated_login(token, &KEY_A.set(), &Expected::new(&config, ExpectedNonce::AnyAtRefresh, now))
    }

    fn login(claims: &Value) -> Result<IdpInitiatedLogin, VerificationError> {
        at(&KEY_A.sign(claims), NOW)
    }

    fn refused(changes: &Value, error: VerificationError) {
        assert_eq!(login(&with(claims(), changes.clone())), Err(error), "{changes}");
    }

    #[test]
    fn a_documented_token_is_accepted_and_debug_shows_nobody() {
        let login = login(&claims()).unwrap();
        assert_eq!(login.organization_id.as_deref(), Some("org_1"));
        assert_eq!(login.connection_id.as_deref(), Some("conn_1"));
        assert_eq!(login.login_hint.as_deref(), Some("ada@example.com"));
        assert_eq!(format!("{login:?}"), "IdpInitiatedLogin { .. }");
    }

    #[test]
    fn organization_or_connection_is_enough_and_one_of_them_needed() {
        for empty in [json!(null), json!("")] {
            let one = login(&with(claims(), json!({ "organization_id": empty, "login_hint": empty }))).unwrap();
            assert_eq!((one.organization_id, one.login_hint), (None, None));
            assert_eq!(login(&with(claims(), json!({ "connection_id": empty }))).unwrap().connection_id, None);
            refused(&json!({ "organization_id": empty, "connection_id": empty }), VerificationError::NowhereToLogIn);
        }
        for name in ["organization_id", "connection_id", "login_hint"] {
            refused(&json!({ name: 7 }), VerificationError::ClaimType(name));
            refused(&json!({ name: ["x"] }), VerificationError::ClaimType(name));
        }
    }

    #[test]
    fn header_key_and_signature_are_checked_as_for_other_tokens() {
        let payload = claims().to_string();
        for (header, error) in [
            (r#"{"alg":"none"}"#, VerificationError::Algorithm),
            (r#"{"alg":"RS256","crit":["x"]}"#, VerificationError::CriticalHeader),
            (r#"{"alg":"RS256","kid":"snk_b"}"#, VerificationError::UnknownKey),
            (r#"{"alg":"RS256","typ":"at+jwt"}"#, VerificationError::TokenType),
            (r#"{"alg":"RS256","typ":"logout+jwt"}"#, VerificationError::TokenType),
        ] {
            assert_eq!(at(&KEY_A.sign_raw(header, &payload), NOW), Err(error), "{header}");
        }
        let forged = KEY_B.sign_raw(r#"{"alg":"RS256","kid":"snk_a"}"#, &payload);
        assert_eq!(at(&forged, NOW), Err(VerificationError::Signature));
    }

    #[test]
    fn another_issuer_is_refused_and_another_audience_if_there_is_one() {
        refused(&json!({ "iss": "https://evil.example" }), VerificationError::Issuer);
        refused(&json!({ "iss": null }), VerificationError::MissingClaim("iss"));
        for aud in [json!("skc_2"), json!([]), json!(["skc_1", "skc_2"])] {
            refused(&json!({ "aud": aud }), VerificationError::Audience);
        }
        refused(&json!({ "aud": null }), VerificationError::MissingClaim("aud"));
        for party in ["azp", "client_id"] {
            refused(&json!({ party: "skc_2" }), VerificationError::AuthorizedParty);
        }
        assert!(login(&with(claims(), json!({ "aud": ["skc_1"], "client_id": "skc_1" }))).is_ok());
    }

    #[test]
    fn times_are_checked_to_the_second() {
        let token = KEY_A.sign(&claims());
        assert!(at(&token, NOW + 300 + TOLERANCE - 1).is_ok());
        assert_eq!(at(&token, NOW + 300 + TOLERANCE), Err(VerificationError::Expired));
        let dateless = without(without(claims(), "iat"), "nbf");
        assert!(login(&dateless).is_ok());
        assert_eq!(login(&without(claims(), "exp")), Err(VerificationError::MissingClaim("exp")));
        for (name, error) in [("iat", VerificationError::IssuedInFuture), ("nbf", VerificationError::NotYetValid)] {
            assert!(login(&with(claims(), json!({ name: NOW + TOLERANCE }))).is_ok());
            refused(&json!({ name: NOW + TOLERANCE + 1 }), error);
        }
        assert!(login(&with(claims(), json!({ "exp": NOW + 600 }))).is_ok());
        refused(&json!({ "exp": NOW + 601 }), VerificationError::LongLived);
        for now in [i64::MIN, i64::MAX] {
            assert!(at(&token, now).is_err());
        }
    }

    #[test]
    fn tokens_of_other_kinds_are_refused_even_if_they_name_an_organization() {
        let place = json!({ "organization_id": "org_1" });
        let logout = json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } });
        for other in [id_claims(), access_claims(), with(claims(), logout)] {
            assert_eq!(login(&with(other, place.clone())), Err(VerificationError::NotAnIdpInitiatedLogin));
        }
        for name in OF_OTHER_KINDS {
            refused(&json!({ name: "x" }), VerificationError::NotAnIdpInitiatedLogin);
        }
        refused(&json!({ "jti": "tkn_1" }), VerificationError::NotAnIdpInitiatedLogin);
        assert!(login(&with(claims(), json!({ "jti": "x", "sub": "conn_1;ada" }))).is_ok());
    }

    #[test]
    fn the_token_is_of_no_other_kind() {
        let config = config();
        let expected = Expected::new(&config, ExpectedNonce::AnyAtRefresh, NOW);
        let (token, keys) = (KEY_A.sign(&with(claims(), json!({ "aud": "skc_1" }))), KEY_A.set());
        assert_eq!(verify_id_token(&token, &keys, &expected), Err(VerificationError::MissingClaim("sub")));
        assert_eq!(verify_access_token(&token, &keys, &expected), Err(VerificationError::MissingClaim("sub")));
        assert_eq!(verify_logout_token(&token, &keys, &expected), Err(VerificationError::NotALogoutToken));
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_refused_without_panic(text in "(?s).{0,200}", payload in "(?s).{0,100}") {
            let signed = KEY_A.sign_raw(r#"{"alg":"RS256"}"#, &payload);
            prop_assert!(at(&text, NOW).is_err() && at(&signed, NOW).is_err());
        }

        #[test]
        fn a_token_with_one_byte_changed_is_refused(place in any::<prop::sample::Index>(), byte in 0x21_u8..0x7F) {
            let mut bytes = KEY_A.sign(&claims()).into_bytes();
            let place = place.index(bytes.len());
            prop_assume!(bytes[place] != byte);
            bytes[place] = byte;
            prop_assert!(at(&String::from_utf8(bytes).unwrap(), NOW).is_err());
        }
    }
}
