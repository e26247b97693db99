//! Logout tokens: whatever is accepted was signed by our issuer for us, lately, and names whose sessions end;
//! nothing else ends any.
//!
//! Input: as for `jwt`.

use scalekit::verify::{
    Expected, ExpectedNonce, verify_access_token, verify_id_token, verify_idp_initiated_login, verify_logout_token,
};
use serde_json::{Value, json};

use super::{
    edits::{edited, first_line},
    signer::{CLIENT, HEADER, ISSUER, NOW, SIGNER, names_us, payload},
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The property.
pub fn check(input: &[u8]) {
    let Some((mode, body)) = input.split_first() else { return };
    match mode {
        b'0' => assert!(!is_accepted(&String::from_utf8_lossy(body)), "a token that nobody signed is accepted"),
        b'1' => {
            let genuine = SIGNER.sign(HEADER.as_bytes(), claims().to_string().as_bytes());
            assert!(is_accepted(&genuine), "a genuine token is refused");
            let token = String::from_utf8_lossy(&edited(genuine.as_bytes(), body)).into_owned();
            assert!(token == genuine || !is_accepted(&token), "a changed token is accepted");
        }
        _ => {
            let (header, text) = first_line(body);
            let header = if header.is_empty() { HEADER.as_bytes() } else { header };
            is_accepted(&SIGNER.sign(header, text));
        }
    }
}

/// Whether a token is accepted; if so, its claims keep the rules of the standard and it is of no other kind.
fn is_accepted(token: &str) -> bool {
    let expected = Expected::new(&SIGNER.config, ExpectedNonce::AnyAtRefresh, NOW);
    let Ok(logout) = verify_logout_token(token, &SIGNER.keys, &expected) else { return false };
    let claims = payload(token);
    assert_eq!(claims["iss"], ISSUER);
    assert!(names_us(&claims["aud"]), "for somebody else");
    assert!(claims["events"][EVENT].is_object(), "no logout token");
    assert!(claims.get("nonce").is_none(), "an ID token");
    let (issued, ends) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert!((NOW - 600..=NOW + 30).contains(&issued) && ends > NOW - 30, "not of now: {issued} to {ends}");
    assert_eq!(Value::from(logout.jti.clone()), claims["jti"]);
    assert!((1..=255).contains(&logout.jti.len()), "its name can't be remembered");
    for (read, name) in [(&logout.sub, "sub"), (&logout.sid, "sid")] {
        assert_eq!(read.clone().map(Value::from), claims.get(name).cloned(), "{name}");
        assert!(read.as_ref().is_none_or(|text| !text.is_empty()), "{name} is nobody's");
    }
    assert!(logout.sub.is_some() || logout.sid.is_some(), "whose sessions end is not said");
    assert!(
        verify_id_token(token, &SIGNER.keys, &expected).is_err()
            && verify_access_token(token, &SIGNER.keys, &expected).is_err()
            && verify_idp_initiated_login(token, &SIGNER.keys, &expected).is_err(),
        "a logout token signs somebody in"
    );
    true
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "usr_1", "sid": "ses_1", "jti": "bWJq", "iat": NOW, "exp": NOW + 120,
        "events": { EVENT: {} },
    })
}
