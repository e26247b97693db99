//! The rules for logout tokens: Scalekit asks, server to server, that sessions end (OpenID Connect
//! Back-Channel Logout 1.0, sections 2.4 and 2.6).
//!
//! Not here: ending sessions, refusing a `jti` that was seen before, the HTTP answer (section 2.8); those
//! need the application's store. Called by [`crate::Client::verify_logout_token`].
//!
//! Scalekit does not document what it sends. So the standard is asked for, with one exception: `typ` may be
//! `JWT` or missing, as in all its other tokens. The standard only recommends `logout+jwt`; the event and the
//! prohibited `nonce` tell the kinds apart without it.

use serde_json::Value;

use super::jws::Jws;
use super::rules::Claims;
use super::{Expected, LOGOUT_EVENT};
use crate::claims::LogoutToken;
use crate::error::VerificationError;
use crate::keys::KeySet;

/// In seconds, and our choice: section 2.4 recommends at most two minutes until `exp`, but a provider that
/// retries may send the same token again. It bounds how long a `jti` has to be remembered, whatever `exp`
/// says.
const MAX_AGE: i64 = 600;

/// In bytes, and our choice: the application may have to store it.
const MAX_JTI: usize = 255;

/// Verifies a logout token. Of `expected`, only issuers, audiences, time and tolerance are used.
///
/// # Errors
///
/// The first rule the token breaks.
pub fn verify_logout_token(
    token: &str,
    keys: &KeySet,
    expected: &Expected<'_>,
) -> Result<LogoutToken, VerificationError> {
    let jws = Jws::parse(token)?;
    jws.require_type(&["logout+jwt", "application/logout+jwt", "JWT"])?;
    let mut claims = Claims::new(jws.verify(keys)?);

    let event = claims.take("events").and_then(|mut events| events.get_mut(LOGOUT_EVENT).map(Value::take));
    // An access token is none, whatever custom claims it has.
    if claims.has_access_token_id() || !event.is_some_and(|event| event.is_object()) {
        return Err(VerificationError::NotALogoutToken);
    }
    // Even `null`: a `nonce` "MUST NOT be present".
    if claims.has("nonce") {
        return Err(VerificationError::NonceInLogoutToken);
    }
    claims.check_issuer(expected.issuers)?;
    claims.check_audience(expected.client_id, expected.further_audiences)?;
    let (exp, iat) = claims.check_times(expected.now, expected.clock_tolerance)?;
    if expected.now.saturating_sub(iat) > MAX_AGE {
        return Err(VerificationError::IssuedLongAgo);
    }

    let jti = claims.required_text("jti")?;
    if jti.len() > MAX_JTI {
        return Err(VerificationError::ClaimTooLong("jti"));
    }
    let (sub, sid) = (claims.strict_text("sub")?, claims.strict_text("sid")?);
    if sub.is_none() && sid.is_none() {
        return Err(VerificationError::NobodyToLogOut);
    }
    Ok(LogoutToken { jti, sub, sid, iat, exp })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::tests::{NOW, TOLERANCE, access_claims, id_claims, with, without};
    use super::super::{ExpectedNonce, verify_access_token, verify_id_token};
    use super::*;
    use crate::testing::{KEY_A, KEY_B, config};

    /// As the standard's own example, with Scalekit's identifiers.
    fn claims() -> Value {
        json!({
            "iss": "https://acme.scalekit.dev", "aud": ["skc_1"], "sub": "usr_1", "sid": "ses_1", "jti": "bWJq",
            "iat": NOW, "exp": NOW + 120, "events": { LOGOUT_EVENT: {} }, "anything": "else",
        })
    }

    fn at(token: &str, now: i64) -> Result<LogoutToken, VerificationError> {
        let config = config();
        verify_logout_token(token, &KEY_A.set(), &Expected::new(&config, ExpectedNonce::AnyAtRefresh, now))
    }

    fn logout(claims: &Value) -> Result<LogoutToken, VerificationError> {
        at(&KEY_A.sign(claims), NOW)
    }

    fn refused(changes: &Value, error: VerificationError) {
        assert_eq!(logout(&with(claims(), changes.clone())), Err(error), "{changes}");
    }

    fn typed(typ: &Value) -> String {
        KEY_A.sign_raw(&json!({ "alg": "RS256", "typ": typ }).to_string(), &claims().to_string())
    }

    #[test]
    fn a_standard_logout_token_is_accepted_and_read_whole() {
        let token = logout(&claims()).unwrap();
        assert_eq!((&*token.jti, token.iat, token.exp), ("bWJq", NOW, NOW + 120));
        assert_eq!((token.sub.as_deref(), token.sid.as_deref()), (Some("usr_1"), Some("ses_1")));
        assert_eq!(format!("{token:?}"), format!("LogoutToken {{ iat: {NOW}, exp: {}, .. }}", NOW + 120));
    }

    #[test]
    fn typ_is_logout_jwt_or_scalekits_jwt_or_missing() {
        for typ in ["logout+jwt", "LOGOUT+JWT", "application/logout+jwt", "JWT", "jwt"] {
            assert!(at(&typed(&json!(typ)), NOW).is_ok(), "{typ}");
        }
        assert!(at(&KEY_A.sign_raw(r#"{"alg":"RS256"}"#, &claims().to_string()), NOW).is_ok());
        for typ in ["at+jwt", "secevent+jwt", "logout", "application/jwt", ""] {
            assert_eq!(at(&typed(&json!(typ)), NOW), Err(VerificationError::TokenType), "{typ}");
        }
        assert_eq!(at(&typed(&json!(1)), NOW), Err(VerificationError::Malformed));
    }

    #[test]
    fn header_key_signature_and_size_are_checked_as_for_other_tokens() {
        let payload = claims().to_string();
        for (header, error) in [
            (r#"{"alg":"none"}"#, VerificationError::Algorithm),
            (r#"{"alg":"HS256"}"#, VerificationError::Algorithm),
            (r#"{"alg":"RS256","crit":["x"]}"#, VerificationError::CriticalHeader),
            (r#"{"alg":"RS256","kid":"snk_b"}"#, VerificationError::UnknownKey),
        ] {
            assert_eq!(at(&KEY_A.sign_raw(header, &payload), NOW), Err(error), "{header}");
        }
        let forged = KEY_B.sign_raw(r#"{"alg":"RS256","kid":"snk_a"}"#, &payload);
        assert_eq!(at(&forged, NOW), Err(VerificationError::Signature));
        assert_eq!(at(&"a".repeat(64 * 1024 + 1), NOW), Err(VerificationError::TooLarge));
        let doubled = payload.replacen('{', r#"{"sub":"usr_2","#, 1);
        let doubled = KEY_A.sign_raw(r#"{"alg":"RS256"}"#, &doubled);
        assert_eq!(at(&doubled, NOW), Err(VerificationError::DuplicateMember));
    }

    #[test]
    fn another_issuer_or_audience_is_refused() {
        refused(&json!({ "iss": "https://evil.example" }), VerificationError::Issuer);
        refused(&json!({ "iss": null }), VerificationError::MissingClaim("iss"));
        for aud in [json!("skc_2"), json!([]), json!(["skc_2", "https://api.example.com"])] {
            refused(&json!({ "aud": aud }), VerificationError::Audience);
        }
        refused(&json!({ "aud": null }), VerificationError::MissingClaim("aud"));
        for aud in [json!("skc_1"), json!(["skc_1", "https://api.example.com"])] {
            assert!(logout(&with(claims(), json!({ "aud": aud }))).is_ok());
        }
    }

    #[test]
    fn a_configured_issuer_and_a_configured_audience_are_accepted() {
        let config = config()
            .with_issuers(&["https://auth.acme.example"])
            .unwrap()
            .with_audiences(vec!["https://api.example.com".to_owned()]);
        let moved = json!({ "iss": "https://auth.acme.example", "aud": "https://api.example.com" });
        let token = KEY_A.sign(&with(claims(), moved));
        let expected = Expected::new(&config, ExpectedNonce::AnyAtRefresh, NOW);
        assert!(verify_logout_token(&token, &KEY_A.set(), &expected).is_ok());
    }

    #[test]
    fn events_must_name_the_logout_event_with_an_object() {
        for events in [
            json!(null),
            json!({}),
            json!([]),
            json!([LOGOUT_EVENT]),
            json!(LOGOUT_EVENT),
            json!({ "http://schemas.openid.net/event/other": {} }),
            json!({ LOGOUT_EVENT: null }),
            json!({ LOGOUT_EVENT: true }),
            json!({ LOGOUT_EVENT: [] }),
            json!({ LOGOUT_EVENT: "{}" }),
        ] {
            refused(&json!({ "events": events }), VerificationError::NotALogoutToken);
        }
        assert_eq!(logout(&without(claims(), "events")), Err(VerificationError::NotALogoutToken));
        let more = json!({ "events": { LOGOUT_EVENT: { "reason": "idle" }, "https://example.com/event": 1 } });
        assert!(logout(&with(claims(), more)).is_ok());
    }

    #[test]
    fn a_nonce_is_prohibited_whatever_it_is() {
        for nonce in [json!("n"), json!(""), json!(null), json!(1)] {
            refused(&json!({ "nonce": nonce }), VerificationError::NonceInLogoutToken);
        }
    }

    #[test]
    fn jti_has_1_to_255_bytes() {
        assert!(logout(&with(claims(), json!({ "jti": "x".repeat(255) }))).is_ok());
        refused(&json!({ "jti": "x".repeat(256) }), VerificationError::ClaimTooLong("jti"));
        for missing in [json!(""), json!(null)] {
            refused(&json!({ "jti": missing }), VerificationError::MissingClaim("jti"));
        }
        refused(&json!({ "jti": 7 }), VerificationError::ClaimType("jti"));
        assert_eq!(logout(&without(claims(), "jti")), Err(VerificationError::MissingClaim("jti")));
    }

    #[test]
    fn sub_or_sid_is_enough_and_one_of_them_needed() {
        assert_eq!(logout(&without(claims(), "sub")).unwrap().sub, None);
        assert_eq!(logout(&without(claims(), "sid")).unwrap().sid, None);
        let neither = without(without(claims(), "sub"), "sid");
        assert_eq!(logout(&neither), Err(VerificationError::NobodyToLogOut));
    }

    #[test]
    fn an_unreadable_sid_does_not_widen_the_logout_to_all_sessions_of_the_user() {
        for name in ["sub", "sid"] {
            refused(&json!({ name: "" }), VerificationError::MissingClaim(name));
            for value in [json!(null), json!(7), json!(["ses_1"])] {
                refused(&json!({ name: value }), VerificationError::ClaimType(name));
            }
        }
    }

    #[test]
    fn times_are_checked_to_the_second() {
        let token = KEY_A.sign(&claims());
        assert!(at(&token, NOW + 120 + TOLERANCE - 1).is_ok());
        assert_eq!(at(&token, NOW + 120 + TOLERANCE), Err(VerificationError::Expired));
        assert!(at(&token, NOW - TOLERANCE).is_ok());
        assert_eq!(at(&token, NOW - TOLERANCE - 1), Err(VerificationError::IssuedInFuture));
        let long_lived = KEY_A.sign(&with(claims(), json!({ "exp": NOW + 86_400 })));
        assert!(at(&long_lived, NOW + 600).is_ok());
        assert_eq!(at(&long_lived, NOW + 601), Err(VerificationError::IssuedLongAgo));
        for now in [i64::MIN, i64::MAX] {
            assert!(at(&token, now).is_err());
        }
        for name in ["exp", "iat"] {
            assert_eq!(logout(&without(claims(), name)), Err(VerificationError::MissingClaim(name)));
            refused(&json!({ name: "1800000000" }), VerificationError::ClaimType(name));
        }
    }

    #[test]
    fn id_and_access_tokens_are_no_logout_tokens() {
        for other in [id_claims(), access_claims(), without(id_claims(), "nonce")] {
            assert_eq!(logout(&other), Err(VerificationError::NotALogoutToken));
        }
        // Whoever administrates the environment may call a custom claim of all access tokens `events`.
        let with_event = with(access_claims(), json!({ "events": { LOGOUT_EVENT: {} } }));
        assert_eq!(logout(&with_event), Err(VerificationError::NotALogoutToken));
        refused(&json!({ "jti": "tkn_1" }), VerificationError::NotALogoutToken);
    }

    #[test]
    fn a_logout_token_is_neither_id_nor_access_token_with_any_typ_and_any_further_claim() {
        let config = config();
        let expected = Expected::new(&config, ExpectedNonce::AnyAtRefresh, NOW);
        for base in [claims(), with(id_claims(), claims()), with(access_claims(), claims())] {
            let both = with(base, json!({ "oid": "org_1" }));
            let token = KEY_A.sign(&both);
            assert_eq!(verify_id_token(&token, &KEY_A.set(), &expected), Err(VerificationError::NotAnIdToken));
            assert_eq!(verify_access_token(&token, &KEY_A.set(), &expected), Err(VerificationError::NotAnAccessToken));
        }
        for typ in ["logout+jwt", "application/logout+jwt"] {
            let token = typed(&json!(typ));
            assert_eq!(verify_id_token(&token, &KEY_A.set(), &expected), Err(VerificationError::TokenType));
            assert_eq!(verify_access_token(&token, &KEY_A.set(), &expected), Err(VerificationError::TokenType));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_refused_without_panic(text in "(?s).{0,200}", parts in "[A-Za-z0-9_-]{0,60}(\\.[A-Za-z0-9_-]{0,60}){0,4}") {
            prop_assert!(at(&text, NOW).is_err() && at(&parts, NOW).is_err());
        }

        #[test]
        fn signed_nonsense_is_refused_without_panic(payload in "(?s).{0,100}", claims in "\\{(\"(exp|iat|events|sub|jti)\":(1e999|-0|\"x\"|\\[\\]|\\{\\}|null),?){0,4}\\}") {
            for payload in [payload, claims] {
                let signed = KEY_A.sign_raw(r#"{"alg":"RS256"}"#, &payload);
                prop_assert!(at(&signed, NOW).is_err());
            }
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
