//! Tokens of a sign-in: whatever is accepted was signed by our issuer for us, is of the kind that was asked
//! for, and is valid now.
//!
//! Input: a mode and a body. `0`: a whole token, made by somebody without the key. `1`: changes to a genuine
//! token. Else: a header, a line break and a payload, which our issuer signs, so that the rules behind the
//! signature are reached.

use scalekit::{
    VerificationError,
    verify::{Expected, ExpectedNonce, verify_access_token, verify_id_token, verify_idp_initiated_login},
};
use serde_json::{Value, json};

use super::{
    edits::{edited, first_line},
    signer::{CLIENT, HEADER, ISSUER, NOW, SIGNER, names_only_us, names_us, payload},
};

/// In seconds: what the configuration tolerates by default.
const TOLERANCE: i64 = 30;
const NONCE: &str = "n-0S6_WzA2Mj";

/// The property.
pub fn check(input: &[u8]) {
    let Some((mode, body)) = input.split_first() else { return };
    match mode {
        b'0' => {
            let token = String::from_utf8_lossy(body);
            assert!(accepted(&token).is_empty(), "a token that nobody signed is accepted");
        }
        b'1' => {
            for claims in [id_claims(), access_claims(), login_claims()] {
                let genuine = SIGNER.sign(HEADER.as_bytes(), claims.to_string().as_bytes());
                assert!(!accepted(&genuine).is_empty(), "a genuine token is refused");
                let token = String::from_utf8_lossy(&edited(genuine.as_bytes(), body)).into_owned();
                assert!(token == genuine || accepted(&token).is_empty(), "a changed token is accepted");
            }
        }
        _ => {
            let (header, text) = first_line(body);
            let header = if header.is_empty() { HEADER.as_bytes() } else { header };
            let token = SIGNER.sign(header, text);
            for kind in accepted(&token) {
                check_rules(kind, header, &payload(&token));
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Id,
    Access,
    Login,
}

/// As which kinds a token is accepted; what was read of it agrees with the token, and no token is of two
/// kinds.
fn accepted(token: &str) -> Vec<Kind> {
    let expected = Expected::new(&SIGNER.config, ExpectedNonce::Exactly(NONCE), NOW);
    let mut kinds = Vec::new();
    if let Ok(id) = verify_id_token(token, &SIGNER.keys, &expected) {
        let claims = payload(token);
        assert_eq!((json!(id.sub), json!(id.sid), json!(id.oid)), identity(&claims));
        assert_eq!((json!(id.exp), json!(id.iat)), (claims["exp"].clone(), claims["iat"].clone()));
        kinds.push(Kind::Id);
    }
    if let Ok(access) = verify_access_token(token, &SIGNER.keys, &expected) {
        let claims = payload(token);
        assert_eq!((json!(access.sub), json!(access.sid), json!(access.oid)), identity(&claims));
        let permissions = &claims["permissions"];
        assert!(json!(access.permissions) == *permissions || permissions.is_null(), "permissions nobody granted");
        kinds.push(Kind::Access);
    }
    match verify_idp_initiated_login(token, &SIGNER.keys, &expected) {
        Ok(_) => kinds.push(Kind::Login),
        Err(error) => says_nothing_of(token, error),
    }
    assert!(kinds.len() < 2, "one token is of the kinds {kinds:?}");
    kinds
}

fn identity(claims: &Value) -> (Value, Value, Value) {
    (claims["sub"].clone(), claims["sid"].clone(), claims["oid"].clone())
}

/// The rules once more, as the standard words them.
fn check_rules(kind: Kind, header: &[u8], claims: &Value) {
    let header: Value = serde_json::from_slice(header).unwrap();
    assert_eq!(header["alg"], "RS256");
    assert!(header.get("crit").is_none(), "an unknown extension is ignored");
    assert!(header.get("kid").is_none_or(|kid| kid == "snk_1"), "the key is another one");
    assert_eq!(claims["iss"], ISSUER);
    let is_named_access = kind == Kind::Access && claims["jti"].as_str().is_some_and(|id| id.starts_with("tkn_"));
    let is_ours = match kind {
        // Custom claims may add others to it.
        Kind::Access => names_us(&claims["aud"]),
        Kind::Id => names_only_us(&claims["aud"]),
        Kind::Login => names_only_us(&claims["aud"]) || claims["aud"].is_null(),
    };
    assert!(is_ours, "for somebody else");
    for party in ["azp", "client_id"] {
        // Empty counts as absent. In access tokens a custom claim may bear the name.
        let is_free = is_named_access || (kind == Kind::Access && !claims[party].is_string());
        assert!(
            is_free || claims[party].is_null() || claims[party] == "" || claims[party] == CLIENT,
            "{party} is another one"
        );
    }
    assert!(claims["exp"].as_i64().unwrap() > NOW - TOLERANCE, "expired");
    for date in ["iat", "nbf"] {
        assert!(claims[date].is_null() || claims[date].as_i64().unwrap() <= NOW + TOLERANCE, "{date} is to come");
    }
    let is_logout = claims["events"].get("http://schemas.openid.net/event/backchannel-logout").is_some();
    assert!(!is_logout && (kind == Kind::Access || claims.get("events").is_none()), "a logout token");
    match kind {
        Kind::Id => {
            assert_eq!(claims["nonce"], NONCE);
            assert!(!claims["jti"].as_str().unwrap_or_default().starts_with("tkn_"), "an access token");
        }
        Kind::Access => {
            let is_bare = claims.get("nonce").is_none() && claims.get("at_hash").is_none();
            assert!(is_named_access || is_bare, "an ID token");
        }
        Kind::Login => assert!(claims.get("sid").is_none() && claims.get("nonce").is_none(), "a session's token"),
    }
    if kind != Kind::Login {
        for name in ["sub", "sid", "oid"] {
            assert!(claims[name].as_str().is_some_and(|text| !text.is_empty()), "nobody's token: {name}");
        }
    }
}

/// Errors end in logs.
fn says_nothing_of(token: &str, error: VerificationError) {
    let said = error.to_string();
    for part in token.split('.').filter(|part| part.len() > 32) {
        assert!(!said.contains(part), "an error repeats the token");
    }
}

fn id_claims() -> Value {
    json!({
        "iss": ISSUER, "aud": [CLIENT], "azp": CLIENT, "sub": "usr_1", "sid": "ses_1", "oid": "org_1", "iat": NOW,
        "exp": NOW + 300, "nonce": NONCE, "email": "ada@example.com",
    })
}

fn access_claims() -> Value {
    json!({
        "iss": ISSUER, "aud": [CLIENT], "sub": "usr_1", "sid": "ses_1", "oid": "org_1", "iat": NOW, "nbf": NOW,
        "exp": NOW + 300, "jti": "tkn_1", "permissions": ["orders:read"],
    })
}

fn login_claims() -> Value {
    json!({ "iss": ISSUER, "organization_id": "org_1", "connection_id": "conn_1", "iat": NOW, "exp": NOW + 300 })
}
