//! Stored records: only what was sealed with a key of the ring, for this very row and purpose, opens; nothing
//! else does, whoever wrote it into the store.
//!
//! Input: a mode and a body. `0`: what stands in the store, written by somebody without the key. `1`: changes
//! to a sealed record. Else: the text inside a seal, as another release may have written it.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use scalekit_sessions::{
    KeyRing, Purpose, Record, Session, SessionId, SessionKey,
    id::{ProviderSessionKey, UserKey},
    record::{is_sealed_by_an_older_key, open_session, open_tokens},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::edits::edited;

static RING: LazyLock<KeyRing> =
    LazyLock::new(|| ring(&[b"the newer key of this property 1", b"the older key of this property 1"]));
static OTHERS: LazyLock<KeyRing> = LazyLock::new(|| ring(&[b"a key that somebody else has, 32"]));

const SESSION: &str = r#"{"identity":{"user_id":"usr_1","provider_session_id":"ses_1","organization_id":"org_1"},
    "person":{"name":"Ada","given_name":null,"email":"ada@example.com","email_verified":true,"picture":null},
    "roles":["admin"],"permissions":["orders:read"],"organization_name":"Acme","organization_external_id":null,
    "user_external_id":null,"id_claims":{},"access_claims":{},"signed_in_at":1700000000,"access_issued_at":1700000000,
    "access_expires_at":1700000300,"ends_at":1702592000}"#;
const TOKENS: &str = r#"{"access":"a.b.c","id":"d.e.f","refresh":"rt_1"}"#;

/// The property.
pub fn check(input: &[u8]) {
    let Some((mode, body)) = input.split_first() else { return };
    match mode {
        b'0' => {
            let found = record(body.to_vec(), body.to_vec());
            assert!(!opens(&RING, &row(1), &found), "a record that nobody sealed opens");
        }
        b'1' => {
            let claims = RING.seal(Purpose::SessionClaims, row(1).as_bytes(), SESSION.as_bytes()).unwrap();
            let tokens = RING.seal(Purpose::SessionTokens, row(1).as_bytes(), TOKENS.as_bytes()).unwrap();
            let genuine = record(claims.clone(), tokens.clone());
            assert!(
                open_session(&RING, &row(1), &genuine).is_some() && open_tokens(&RING, &row(1), &genuine).is_some()
            );
            assert!(!opens(&RING, &row(2), &genuine), "a record opens in another row");
            assert!(!opens(&OTHERS, &row(1), &genuine), "a record opens with another key");
            let (changed_claims, changed_tokens) = (edited(&claims, body), edited(&tokens, body));
            let found = record(changed_claims.clone(), changed_tokens.clone());
            assert_eq!(open_session(&RING, &row(1), &found).is_some(), changed_claims == claims, "changed claims");
            assert_eq!(open_tokens(&RING, &row(1), &found).is_some(), changed_tokens == tokens, "changed tokens");
        }
        _ => {
            let sealed = |purpose| RING.seal(purpose, row(1).as_bytes(), body).unwrap();
            let found = record(sealed(Purpose::SessionClaims), sealed(Purpose::SessionTokens));
            for (claims, tokens) in
                [(Purpose::SessionTokens, Purpose::SessionClaims), (Purpose::LoginAttempt, Purpose::LoginAttempt)]
            {
                let moved = record(sealed(claims), sealed(tokens));
                assert!(!opens(&RING, &row(1), &moved), "what was sealed for one purpose opens for another");
            }
            assert!(!is_sealed_by_an_older_key(&RING, &found), "the newest key did not seal");
            if let Some(session) = open_session(&RING, &row(1), &found) {
                let again: Session = serde_json::from_slice(&serde_json::to_vec(&session).unwrap()).unwrap();
                assert!(again == session, "a session changes by being written");
            }
            if let Some(tokens) = open_tokens(&RING, &row(1), &found) {
                // What nobody reads need not be readable, and serde reads structures from lists, too: only
                // keys of ours seal.
                if let Ok(Value::Object(text)) = serde_json::from_slice(body) {
                    assert_eq!(text["access"], tokens.access_token.expose_secret());
                }
                assert!(!format!("{tokens:?}").contains("rt_1"), "a token is shown");
            }
        }
    }
}

fn opens(ring: &KeyRing, row: &SessionKey, record: &Record) -> bool {
    open_session(ring, row, record).is_some() || open_tokens(ring, row, record).is_some()
}

fn ring(keys: &[&[u8; 32]]) -> KeyRing {
    let keys: Vec<String> = keys.iter().map(|key| STANDARD.encode(key)).collect();
    KeyRing::parse(&SecretString::from(keys.join(","))).unwrap()
}

fn row(number: u8) -> SessionKey {
    let id = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode([number; 32]);
    SessionId::parse(&id).unwrap().key()
}

fn record(claims: Vec<u8>, tokens: Vec<u8>) -> Record {
    Record {
        version: 1,
        user: UserKey::of("usr_1"),
        provider_session: ProviderSessionKey::of("ses_1"),
        active_at: 0,
        ends_at: i64::MAX,
        claims,
        tokens,
    }
}
