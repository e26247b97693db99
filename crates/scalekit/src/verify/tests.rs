//! The rules for tokens, one test each; names in capitals-free conformance style where the suite has one.

use aws_lc_rs::{hmac, signature};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testing::{KEY_A, KEY_B, config};

pub(super) const NOW: i64 = 1_800_000_000;
pub(super) const TOLERANCE: i64 = 30;
const NONCE: &str = "n-0S6_WzA2Mj";
/// The token and hash of OpenID Connect Core, appendix A.3.
const ACCESS: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
const AT_HASH: &str = "77QmUPtjPfzWtF2AnpK9RQ";
const CODE: &str = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
const C_HASH: &str = "LDktKdoQak3Pk0cnXxCltA";

/// An ID token as documented in scalekit's claims table.
pub(super) fn id_claims() -> Value {
    json!({
        "iss": "https://acme.scalekit.dev", "aud": ["skc_1"], "azp": "skc_1", "client_id": "skc_1",
        "sub": "usr_1", "sid": "ses_1", "oid": "org_1", "exp": NOW + 1800, "iat": NOW,
        "nonce": NONCE, "at_hash": AT_HASH, "c_hash": C_HASH, "amr": ["conn_1"],
        "email": "ada@example.com", "email_verified": true, "name": "Ada", "given_name": "", "family_name": null,
        "xoid": "acme", "zoneinfo": "Europe/London",
    })
}

/// An access token as documented.
pub(super) fn access_claims() -> Value {
    json!({
        "iss": "https://acme.scalekit.dev", "aud": ["skc_1"], "client_id": "skc_1",
        "sub": "usr_1", "sid": "ses_1", "oid": "org_1", "exp": NOW + 299, "iat": NOW, "nbf": NOW, "jti": "tkn_1",
        "roles": ["admin"], "permissions": ["invoices:read"], "scope": "openid email",
        "custom_claims": { "plan": "pro" }, "region": "eu",
    })
}

pub(super) fn with(mut claims: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    for (name, value) in changes {
        claims[name] = value;
    }
    claims
}

pub(super) fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name).unwrap();
    claims
}

fn id_at(token: &str, now: i64) -> Result<IdTokenClaims, VerificationError> {
    let config = config();
    let mut expected = Expected::new(&config, ExpectedNonce::Exactly(NONCE), now);
    (expected.access_token, expected.code) = (Some(ACCESS), Some(CODE));
    verify_id_token(token, &KEY_A.set(), &expected)
}

fn access_at(token: &str, now: i64) -> Result<AccessTokenClaims, VerificationError> {
    let config = config();
    verify_access_token(token, &KEY_A.set(), &Expected::new(&config, ExpectedNonce::AnyAtRefresh, now))
}

fn id(claims: &Value) -> Result<IdTokenClaims, VerificationError> {
    id_at(&KEY_A.sign(claims), NOW)
}

fn access(claims: &Value) -> Result<AccessTokenClaims, VerificationError> {
    access_at(&KEY_A.sign(claims), NOW)
}

/// The same change breaks both kinds of token in the same way.
fn both_refuse(change: impl Fn(Value) -> Value, error: VerificationError) {
    assert_eq!(id(&change(id_claims())), Err(error));
    assert_eq!(access(&change(access_claims())), Err(error));
}

#[test]
fn a_documented_id_token_is_accepted_and_read_whole() {
    let claims = id(&id_claims()).unwrap();
    assert_eq!((&*claims.sub, &*claims.sid, &*claims.oid), ("usr_1", "ses_1", "org_1"));
    assert_eq!((claims.exp, claims.iat), (NOW + 1800, NOW));
    assert_eq!(claims.email.as_deref(), Some("ada@example.com"));
    assert_eq!((claims.email_verified, claims.xoid.as_deref()), (Some(true), Some("acme")));
    assert_eq!((claims.given_name, claims.family_name), (None, None));
    assert_eq!(claims.amr, ["conn_1"]);
    assert_eq!(Value::Object(claims.other), json!({ "zoneinfo": "Europe/London" }));
}

#[test]
fn a_documented_access_token_is_accepted_and_read_whole() {
    let claims = access(&access_claims()).unwrap();
    assert_eq!((claims.roles, claims.permissions), (vec!["admin".to_owned()], vec!["invoices:read".to_owned()]));
    assert_eq!(claims.scopes, ["openid", "email"]);
    assert_eq!((claims.jti.as_deref(), claims.custom_claims), (Some("tkn_1"), Some(json!({ "plan": "pro" }))));
    assert_eq!(Value::Object(claims.other), json!({ "region": "eu" }));
}

#[test]
fn claims_that_may_be_missing_may_be_missing() {
    let bare = json!({
        "iss": "https://acme.scalekit.dev", "aud": "skc_1", "sub": "u", "sid": "s", "oid": "o", "exp": NOW + 1, "iat": NOW,
    });
    assert!(id(&with(bare.clone(), json!({ "nonce": NONCE }))).is_ok());
    let claims = access(&with(bare, json!({ "jti": "tkn_1" }))).unwrap();
    assert!(claims.roles.is_empty() && claims.permissions.is_empty() && claims.scopes.is_empty());
}

#[test]
fn debug_shows_nothing_about_a_person() {
    let shown = format!("{:?} {:?}", id(&id_claims()).unwrap(), access(&access_claims()).unwrap());
    for private in ["usr_1", "ada", "Ada", "ses_1", "org_1", "admin", "tkn_1"] {
        assert!(!shown.contains(private), "{shown}");
    }
}

// ---- signature and header ----

#[test]
fn idtoken_sig_none_is_refused() {
    let payload = URL_SAFE_NO_PAD.encode(id_claims().to_string());
    for alg in ["none", "None", "NONE", ""] {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg }).to_string());
        for token in [format!("{header}.{payload}."), format!("{header}.{payload}")] {
            assert!(id_at(&token, NOW).is_err(), "{alg}");
        }
        assert_eq!(id_at(&format!("{header}.{payload}."), NOW), Err(VerificationError::Algorithm));
    }
}

#[test]
fn every_other_algorithm_is_refused_even_if_its_signature_is_right() {
    let header = |alg: &str| json!({ "alg": alg, "kid": KEY_A.kid() }).to_string();
    let payload = id_claims().to_string();
    let pss = KEY_A.sign_with(&signature::RSA_PSS_SHA256, &header("PS256"), &payload);
    let rs512 = KEY_A.sign_with(&signature::RSA_PKCS1_SHA512, &header("RS512"), &payload);
    assert_eq!(id_at(&pss, NOW), Err(VerificationError::Algorithm));
    assert_eq!(id_at(&rs512, NOW), Err(VerificationError::Algorithm));
    let pss_called_rs256 = KEY_A.sign_with(&signature::RSA_PSS_SHA256, &header("RS256"), &payload);
    assert_eq!(id_at(&pss_called_rs256, NOW), Err(VerificationError::Signature));
    assert_eq!(id_at(&KEY_A.sign_raw(r#"{"kid":"snk_a"}"#, &payload), NOW), Err(VerificationError::Algorithm));
    assert_eq!(id_at(&KEY_A.sign_raw(r#"{"alg":["RS256"]}"#, &payload), NOW), Err(VerificationError::Algorithm));
    assert_eq!(id_at(&KEY_A.sign_raw(&header("rs256"), &payload), NOW), Err(VerificationError::Algorithm));
}

#[test]
fn an_hmac_under_the_public_key_is_refused() {
    let header = URL_SAFE_NO_PAD.encode(json!({ "alg": "HS256", "kid": KEY_A.kid() }).to_string());
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(id_claims().to_string()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY_A.jwk()["n"].as_str().unwrap().as_bytes());
    let tag = hmac::sign(&key, message.as_bytes());
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
    assert_eq!(id_at(&token, NOW), Err(VerificationError::Algorithm));
}

#[test]
fn a_bad_signature_is_refused() {
    let header = json!({ "alg": "RS256", "kid": KEY_A.kid() }).to_string();
    let token = KEY_B.sign_raw(&header, &id_claims().to_string());
    assert_eq!(id_at(&token, NOW), Err(VerificationError::Signature));
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(id_at(&format!("{signed}."), NOW), Err(VerificationError::Signature));
    assert_eq!(id_at(&format!("{signed}.AA"), NOW), Err(VerificationError::Signature));
}

#[test]
fn an_unknown_key_is_refused_and_a_key_in_the_header_ignored() {
    let header = json!({ "alg": "RS256", "kid": "snk_b", "jwk": KEY_B.jwk(), "jku": "https://evil.example/keys" });
    let token = KEY_B.sign_raw(&header.to_string(), &id_claims().to_string());
    assert_eq!(id_at(&token, NOW), Err(VerificationError::UnknownKey));
}

#[test]
fn kid_absent_single_jwks_is_accepted() {
    assert!(id_at(&KEY_A.sign_raw(r#"{"alg":"RS256"}"#, &id_claims().to_string()), NOW).is_ok());
}

#[test]
fn crit_is_refused() {
    let token = KEY_A.sign_raw(r#"{"alg":"RS256","crit":["b64"],"b64":true}"#, &id_claims().to_string());
    assert_eq!(id_at(&token, NOW), Err(VerificationError::CriticalHeader));
}

#[test]
fn typ_may_be_missing_and_must_fit_otherwise() {
    let id = |typ: Value| {
        id_at(&KEY_A.sign_raw(&json!({ "alg": "RS256", "typ": typ }).to_string(), &id_claims().to_string()), NOW)
    };
    let access = |typ: Value| {
        access_at(
            &KEY_A.sign_raw(&json!({ "alg": "RS256", "typ": typ }).to_string(), &access_claims().to_string()),
            NOW,
        )
    };
    assert!(id(json!("jwt")).is_ok());
    assert_eq!(id(json!("at+jwt")), Err(VerificationError::TokenType));
    for typ in ["logout+jwt", "Logout+JWT", "application/logout+jwt"] {
        assert_eq!(id(json!(typ)), Err(VerificationError::TokenType), "{typ}");
        assert_eq!(access(json!(typ)), Err(VerificationError::TokenType), "{typ}");
    }
    assert_eq!(id(json!("")), Err(VerificationError::TokenType));
    assert_eq!(id(json!(1)), Err(VerificationError::Malformed));
    for typ in ["JWT", "at+jwt", "AT+JWT", "application/at+jwt"] {
        assert!(access(json!(typ)).is_ok(), "{typ}");
    }
}

#[test]
fn what_is_not_three_parts_of_json_objects_is_refused() {
    let good = KEY_A.sign(&id_claims());
    let parts: Vec<_> = good.split('.').collect();
    for token in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        parts[..2].join("."),
        format!("{good}.x"),
        format!(".{good}"),
        format!(" {good}"),
        format!("{good}="),
        format!("{good}\n"),
        KEY_A.sign_raw("[]", "{}"),
        KEY_A.sign_raw(r#"{"alg":"RS256"}"#, "[]"),
        KEY_A.sign_raw(r#"{"alg":"RS256"}"#, "\"x\""),
    ] {
        assert!(
            matches!(id_at(&token, NOW), Err(VerificationError::Malformed | VerificationError::Signature)),
            "{token}"
        );
    }
}

#[test]
fn duplicate_members_are_refused() {
    let doubled = id_claims().to_string().replacen('{', r#"{"sub":"usr_2","#, 1);
    assert_eq!(id_at(&KEY_A.sign_raw(r#"{"alg":"RS256"}"#, &doubled), NOW), Err(VerificationError::DuplicateMember));
    let token = KEY_A.sign_raw(r#"{"alg":"none","alg":"RS256"}"#, &id_claims().to_string());
    assert_eq!(id_at(&token, NOW), Err(VerificationError::DuplicateMember));
}

#[test]
fn size_is_limited_to_the_byte() {
    let permissions: Vec<_> = (0..1500).map(|number| format!("workspace-{number:04}:report:read")).collect();
    let many = KEY_A.sign(&with(access_claims(), json!({ "permissions": permissions })));
    assert!(many.len() > 45_000, "{}", many.len());
    assert_eq!(access_at(&many, NOW).unwrap().permissions, permissions);
    assert_eq!(id_at(&"a".repeat(64 * 1024), NOW), Err(VerificationError::Malformed));
    assert_eq!(id_at(&"a".repeat(64 * 1024 + 1), NOW), Err(VerificationError::TooLarge));
}

// ---- issuer, audience, authorized party ----

#[test]
fn invalid_iss_is_refused() {
    for iss in
        ["https://evil.example", "https://acme.scalekit.dev/", "http://acme.scalekit.dev", "HTTPS://acme.scalekit.dev"]
    {
        both_refuse(|claims| with(claims, json!({ "iss": iss })), VerificationError::Issuer);
    }
    both_refuse(|claims| without(claims, "iss"), VerificationError::MissingClaim("iss"));
    both_refuse(
        |claims| with(claims, json!({ "iss": ["https://acme.scalekit.dev"] })),
        VerificationError::ClaimType("iss"),
    );
}

#[test]
fn invalid_aud_is_refused() {
    for aud in [json!("skc_2"), json!(["skc_2"]), json!([]), json!("")] {
        both_refuse(|claims| with(claims, json!({ "aud": aud })), VerificationError::Audience);
    }
    let another_besides = json!({ "aud": ["skc_1", "https://api.example.com"] });
    assert_eq!(id(&with(id_claims(), another_besides.clone())), Err(VerificationError::Audience));
    assert!(access(&with(access_claims(), another_besides)).is_ok());
    both_refuse(|claims| with(claims, json!({ "aud": null })), VerificationError::MissingClaim("aud"));
    both_refuse(|claims| with(claims, json!({ "aud": { "skc_1": 1 } })), VerificationError::ClaimType("aud"));
    both_refuse(|claims| with(claims, json!({ "aud": ["skc_1", 1] })), VerificationError::ClaimType("aud"));
    assert!(id(&with(id_claims(), json!({ "aud": "skc_1" }))).is_ok());
}

#[test]
fn a_configured_audience_is_accepted_in_access_tokens_only() {
    let config = config().with_audiences(vec!["https://api.example.com".to_owned()]);
    let expected = Expected::new(&config, ExpectedNonce::Exactly(NONCE), NOW);
    for aud in [json!("https://api.example.com"), json!(["skc_1", "https://api.example.com"])] {
        let aud = json!({ "aud": aud });
        let access = KEY_A.sign(&with(access_claims(), aud.clone()));
        assert!(verify_access_token(&access, &KEY_A.set(), &expected).is_ok());
        let id = KEY_A.sign(&with(id_claims(), aud));
        assert_eq!(verify_id_token(&id, &KEY_A.set(), &expected), Err(VerificationError::Audience));
    }
}

#[test]
fn both_issuers_are_accepted_during_a_move_and_no_third() {
    let config = config().with_issuers(&["https://acme.scalekit.dev", "https://auth.acme.example"]).unwrap();
    let mut expected = Expected::new(&config, ExpectedNonce::Exactly(NONCE), NOW);
    (expected.access_token, expected.code) = (Some(ACCESS), Some(CODE));
    for iss in ["https://acme.scalekit.dev", "https://auth.acme.example", "https://evil.example"] {
        let issued = |claims| KEY_A.sign(&with(claims, json!({ "iss": iss })));
        let id = verify_id_token(&issued(id_claims()), &KEY_A.set(), &expected).map(drop);
        let access = verify_access_token(&issued(access_claims()), &KEY_A.set(), &expected).map(drop);
        let wanted = if iss.contains("evil") { Err(VerificationError::Issuer) } else { Ok(()) };
        assert_eq!((id, access), (wanted, wanted), "{iss}");
    }
}

#[test]
fn another_authorized_party_is_refused() {
    for name in ["azp", "client_id"] {
        let other = json!({ name: "skc_2", "jti": "x" });
        both_refuse(|claims| with(claims, other.clone()), VerificationError::AuthorizedParty);
    }
    assert_eq!(id(&with(id_claims(), json!({ "azp": 7 }))), Err(VerificationError::ClaimType("azp")));
}

#[test]
fn what_only_access_tokens_for_us_have_leaves_both_names_of_the_party_to_the_application() {
    for name in ["azp", "client_id"] {
        let token = with(access_claims(), json!({ name: "billing" }));
        assert_eq!(access(&token).unwrap().other[name], "billing");
        let for_the_api = with(token, json!({ "aud": ["https://api.acme.example"] }));
        let config = config().with_audiences(vec!["https://api.acme.example".to_owned()]);
        let expected = Expected::new(&config, ExpectedNonce::AnyAtRefresh, NOW);
        let refused = verify_access_token(&KEY_A.sign(&for_the_api), &KEY_A.set(), &expected).map(drop);
        assert_eq!(refused, Err(VerificationError::AuthorizedParty), "{name}: it may be another client's");
    }
}

#[test]
fn several_audiences_need_an_authorized_party() {
    let several = with(id_claims(), json!({ "aud": ["skc_1", "skc_1"] }));
    assert!(id(&several).is_ok());
    assert_eq!(id(&without(several, "azp")), Err(VerificationError::AuthorizedParty));
    assert!(id(&without(id_claims(), "azp")).is_ok());
}

// ---- times ----

#[test]
fn expired_to_the_second() {
    let (id, access) = (KEY_A.sign(&id_claims()), KEY_A.sign(&access_claims()));
    assert!(id_at(&id, NOW + 1800 + TOLERANCE - 1).is_ok());
    assert_eq!(id_at(&id, NOW + 1800 + TOLERANCE), Err(VerificationError::Expired));
    assert!(access_at(&access, NOW + 299 + TOLERANCE - 1).is_ok());
    assert_eq!(access_at(&access, NOW + 299 + TOLERANCE), Err(VerificationError::Expired));
}

#[test]
fn issued_in_the_future_to_the_second() {
    let (id, access) = (KEY_A.sign(&id_claims()), KEY_A.sign(&without(access_claims(), "nbf")));
    assert!(id_at(&id, NOW - TOLERANCE).is_ok());
    assert_eq!(id_at(&id, NOW - TOLERANCE - 1), Err(VerificationError::IssuedInFuture));
    assert!(access_at(&access, NOW - TOLERANCE).is_ok());
    assert_eq!(access_at(&access, NOW - TOLERANCE - 1), Err(VerificationError::IssuedInFuture));
}

#[test]
fn not_yet_valid_to_the_second() {
    for claims in [id_claims(), access_claims()] {
        let later = |seconds: i64| with(claims.clone(), json!({ "nbf": NOW + seconds }));
        let check = |claims: &Value| {
            if claims.get("nonce").is_some() { id(claims).map(drop) } else { access(claims).map(drop) }
        };
        assert!(check(&later(TOLERANCE)).is_ok());
        assert_eq!(check(&later(TOLERANCE + 1)), Err(VerificationError::NotYetValid));
    }
}

#[test]
fn an_id_token_is_refused_a_day_after_it_was_made() {
    let made = |ago: i64| id(&with(id_claims(), json!({ "iat": NOW - ago })));
    assert!(made(86_400).is_ok());
    assert_eq!(made(86_401), Err(VerificationError::IssuedLongAgo));
    assert_eq!(made(7 * 86_400), Err(VerificationError::IssuedLongAgo));
    assert!(access(&with(access_claims(), json!({ "iat": NOW - 7 * 86_400 }))).is_ok());
}

#[test]
fn without_tolerance_the_borders_are_the_claims_own() {
    let config = config().with_clock_tolerance(Duration::ZERO);
    let token = KEY_A.sign(&access_claims());
    let at = |now| verify_access_token(&token, &KEY_A.set(), &Expected::new(&config, ExpectedNonce::AnyAtRefresh, now));
    assert!(at(NOW).is_ok() && at(NOW + 298).is_ok());
    assert_eq!(at(NOW - 1), Err(VerificationError::IssuedInFuture));
    assert_eq!(at(NOW + 299), Err(VerificationError::Expired));
}

#[test]
fn missing_exp_and_missing_iat_are_refused() {
    both_refuse(|claims| without(claims, "exp"), VerificationError::MissingClaim("exp"));
    both_refuse(|claims| without(claims, "iat"), VerificationError::MissingClaim("iat"));
}

#[test]
fn dates_must_be_whole_seconds_of_this_age() {
    for date in [
        json!("1800001800"),
        json!(1_800_001_800.5),
        json!(1.8e9),
        json!(-1),
        json!(u64::MAX),
        json!(253_402_300_800_i64),
        json!([]),
    ] {
        both_refuse(|claims| with(claims, json!({ "exp": date })), VerificationError::ClaimType("exp"));
        both_refuse(|claims| with(claims, json!({ "nbf": date })), VerificationError::ClaimType("nbf"));
    }
}

#[test]
fn extreme_clocks_do_not_overflow() {
    let token = KEY_A.sign(&id_claims());
    assert_eq!(id_at(&token, i64::MAX), Err(VerificationError::Expired));
    assert_eq!(id_at(&token, i64::MIN), Err(VerificationError::IssuedInFuture));
}

// ---- nonce and hashes ----

#[test]
fn nonce_invalid_is_refused() {
    assert_eq!(id(&with(id_claims(), json!({ "nonce": "other" }))), Err(VerificationError::Nonce));
    assert_eq!(id(&with(id_claims(), json!({ "nonce": format!("{NONCE} ") }))), Err(VerificationError::Nonce));
    assert_eq!(id(&with(id_claims(), json!({ "nonce": 1 }))), Err(VerificationError::ClaimType("nonce")));
}

#[test]
fn nonce_missing_is_refused_at_sign_in_and_allowed_at_refresh() {
    let token = KEY_A.sign(&without(id_claims(), "nonce"));
    assert_eq!(id_at(&token, NOW), Err(VerificationError::Nonce));
    let config = config();
    let expected = Expected::new(&config, ExpectedNonce::AnyAtRefresh, NOW);
    assert!(verify_id_token(&token, &KEY_A.set(), &expected).is_ok());
    assert!(verify_id_token(&KEY_A.sign(&id_claims()), &KEY_A.set(), &expected).is_ok());
}

#[test]
fn bad_at_hash_is_refused() {
    assert_eq!(id(&with(id_claims(), json!({ "at_hash": C_HASH }))), Err(VerificationError::AccessTokenHash));
    assert_eq!(id(&with(id_claims(), json!({ "at_hash": "" }))), Err(VerificationError::AccessTokenHash));
    assert_eq!(id(&with(id_claims(), json!({ "at_hash": 1 }))), Err(VerificationError::AccessTokenHash));
    assert!(id(&without(id_claims(), "at_hash")).is_ok());
}

#[test]
fn bad_c_hash_is_refused() {
    assert_eq!(id(&with(id_claims(), json!({ "c_hash": AT_HASH }))), Err(VerificationError::CodeHash));
    assert!(id(&without(id_claims(), "c_hash")).is_ok());
}

// ---- identity and types ----

#[test]
fn missing_sub_sid_or_oid_is_refused() {
    for name in ["sub", "sid", "oid"] {
        both_refuse(|claims| without(claims, name), VerificationError::MissingClaim(name));
        both_refuse(|claims| with(claims, json!({ name: "" })), VerificationError::MissingClaim(name));
        both_refuse(|claims| with(claims, json!({ name: null })), VerificationError::MissingClaim(name));
        both_refuse(|claims| with(claims, json!({ name: 7 })), VerificationError::ClaimType(name));
        both_refuse(|claims| with(claims, json!({ name: ["usr_1"] })), VerificationError::ClaimType(name));
    }
}

#[test]
fn a_sub_has_at_most_255_bytes() {
    assert!(id(&with(id_claims(), json!({ "sub": "u".repeat(255) }))).is_ok());
    both_refuse(|claims| with(claims, json!({ "sub": "u".repeat(256) })), VerificationError::ClaimTooLong("sub"));
}

#[test]
fn tokens_without_full_stack_auth_are_refused_with_the_likely_reason() {
    both_refuse(|claims| without(without(claims, "sid"), "oid"), VerificationError::NoUserSession);
    both_refuse(|claims| with(claims, json!({ "sub": "conn_1;ada@example.com" })), VerificationError::NoUserSession);
    assert!(VerificationError::NoUserSession.to_string().contains("is Full-Stack Auth switched on"));
}

#[test]
fn roles_and_permissions_of_another_type_are_refused() {
    for name in ["roles", "permissions"] {
        for value in [json!("admin"), json!({ "admin": true }), json!(["admin", 1]), json!([["admin"]]), json!(true)] {
            assert_eq!(access(&with(access_claims(), json!({ name: value }))), Err(VerificationError::ClaimType(name)));
        }
        assert!(access(&with(access_claims(), json!({ name: null }))).is_ok());
    }
}

#[test]
fn scopes_are_read_from_either_claim_in_either_shape() {
    for (scope, scopes) in [
        (json!("a b"), json!(null)),
        (json!(null), json!(["a", "b"])),
        (json!("a"), json!(["a", "b"])),
        (json!(["a", "b"]), json!("b")),
    ] {
        let claims = access(&with(access_claims(), json!({ "scope": scope, "scopes": scopes }))).unwrap();
        assert_eq!(claims.scopes, ["a", "b"]);
    }
}

#[test]
fn claims_of_odd_types_count_as_absent_and_are_kept() {
    let text = "odd";
    for odd in [json!(1), json!(true), json!({ "a": 1 }), json!([["a"]]), json!(["a", 1])] {
        for name in ["scope", "scopes", "xoid", "xuid", "azp", "client_id"] {
            let claims = access(&with(access_claims(), json!({ "xoid": text, name: odd }))).unwrap();
            assert_eq!(claims.other[name], odd, "{name}");
            assert_eq!(claims.xoid.as_deref(), (name != "xoid").then_some(text));
            assert_eq!(claims.scopes.is_empty(), name == "scope", "{name}");
            assert_eq!(claims.xuid, None);
        }
        let claims = id(&with(id_claims(), json!({ "xoid": odd }))).unwrap();
        assert_eq!((claims.xoid, &claims.other["xoid"]), (None, &odd));
    }
}

#[test]
fn profile_claims_of_another_type_are_refused() {
    assert_eq!(id(&with(id_claims(), json!({ "email": ["a@b.c"] }))), Err(VerificationError::ClaimType("email")));
    assert_eq!(
        id(&with(id_claims(), json!({ "email_verified": "true" }))),
        Err(VerificationError::ClaimType("email_verified"))
    );
}

// ---- kinds of token ----

#[test]
fn an_access_token_is_not_an_id_token() {
    assert_eq!(id(&access_claims()), Err(VerificationError::NotAnIdToken));
    let config = config();
    let at_refresh = Expected::new(&config, ExpectedNonce::AnyAtRefresh, NOW);
    let token = KEY_A.sign(&access_claims());
    assert_eq!(verify_id_token(&token, &KEY_A.set(), &at_refresh), Err(VerificationError::NotAnIdToken));
}

#[test]
fn an_id_token_is_not_an_access_token() {
    assert_eq!(access(&id_claims()), Err(VerificationError::NotAnAccessToken));
    let bare = without(without(without(id_claims(), "nonce"), "at_hash"), "c_hash");
    for name in ["nonce", "at_hash", "c_hash"] {
        for jti in [json!(null), json!(""), json!("x"), json!("xtkn_1"), json!(["tkn_1"]), json!("TKN_1")] {
            let bound = with(access_claims(), json!({ name: "x", "jti": jti }));
            assert_eq!(access(&bound), Err(VerificationError::NotAnAccessToken), "{name} {jti}");
        }
    }
    for claims in [id_claims(), bare.clone()] {
        let with_custom_claims = with(claims, json!({ "jti": "tkn_1" }));
        assert_eq!(id(&with_custom_claims), Err(VerificationError::NotAnIdToken), "never both");
    }
    assert_eq!(access(&bare), Err(VerificationError::NotAnAccessToken));
}

#[test]
fn a_logout_token_is_neither() {
    for value in [json!({}), json!(null), json!(1)] {
        let events = json!({ "events": { LOGOUT_EVENT: value } });
        assert_eq!(id(&with(id_claims(), events.clone())), Err(VerificationError::NotAnIdToken));
        assert_eq!(access(&with(access_claims(), events)), Err(VerificationError::NotAnAccessToken));
    }
}

#[test]
fn no_custom_claim_makes_an_access_token_another_kind() {
    for name in ["events", "nonce", "at_hash", "c_hash", "scope", "scopes", "amr", "email", "name"] {
        for value in [json!("x"), json!(1), json!(["a"]), json!({ "a": [1] }), json!(null)] {
            let token = with(access_claims(), json!({ name: value }));
            assert!(access(&token).is_ok(), "{name}: {value}");
            assert_eq!(id(&token), Err(VerificationError::NotAnIdToken), "{name}: {value}");
        }
    }
    assert_eq!(id(&with(id_claims(), json!({ "events": ["a"] }))), Err(VerificationError::NotAnIdToken));
}

#[test]
fn dashboard_claims_do_not_change_the_kind() {
    let access_token = with(access_claims(), json!({ "email": "ada@example.com", "name": "Ada", "amr": ["pwd"] }));
    assert!(access(&access_token).is_ok());
    assert!(id(&with(id_claims(), json!({ "roles": ["admin"], "nbf": NOW, "jti": "x" }))).is_ok());
}

// ---- arbitrary and mutated tokens ----

proptest! {
    #[test]
    fn verification_never_panics_on_arbitrary_text(text in "(?s).{0,200}", parts in "[A-Za-z0-9_-]{0,60}(\\.[A-Za-z0-9_-]{0,60}){0,4}") {
        for token in [&text, &parts] {
            prop_assert!(id_at(token, NOW).is_err());
            prop_assert!(access_at(token, NOW).is_err());
        }
    }

    #[test]
    fn verification_never_panics_on_signed_nonsense(header in "(?s).{0,60}", payload in "(?s).{0,100}", claims in "\\{(\"(exp|aud|iss|sub|iat)\":(1e999|-0|\"x\"|\\[\\]|\\{\\}|null|99999999999999999999),?){0,3}\\}") {
        let good_header = r#"{"alg":"RS256"}"#;
        for token in [KEY_A.sign_raw(&header, &payload), KEY_A.sign_raw(good_header, &payload), KEY_A.sign_raw(good_header, &claims)] {
            prop_assert!(id_at(&token, NOW).is_err());
            prop_assert!(access_at(&token, NOW).is_err());
        }
    }

    #[test]
    fn a_token_with_one_byte_changed_is_refused(at in any::<prop::sample::Index>(), byte in 0x21_u8..0x7F) {
        let good = KEY_A.sign(&id_claims());
        let mut bytes = good.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        prop_assert!(id_at(&String::from_utf8(bytes).unwrap(), NOW).is_err());
    }

    #[test]
    fn a_token_cut_or_lengthened_is_refused(cut in any::<prop::sample::Index>(), tail in "[A-Za-z0-9_=.-]{1,4}") {
        let good = KEY_A.sign(&id_claims());
        prop_assert!(id_at(&good[..cut.index(good.len())], NOW).is_err());
        let lengthened = format!("{good}{tail}");
        prop_assert!(id_at(&lengthened, NOW).is_err());
    }
}

/// Every position, not a sample: the last character of each part has spare bits that a lenient decoder
/// ignores.
#[test]
fn no_character_of_a_token_can_be_replaced_by_its_neighbour() {
    let good = KEY_A.sign(&access_claims());
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for at in (0..good.len()).filter(|at| good.as_bytes()[*at] != b'.') {
        let mut bytes = good.clone().into_bytes();
        let place = alphabet.iter().position(|letter| *letter == bytes[at]).unwrap();
        bytes[at] = alphabet[place ^ 1];
        assert!(access_at(&String::from_utf8(bytes).unwrap(), NOW).is_err(), "position {at}");
    }
}
