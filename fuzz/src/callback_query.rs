//! Callback queries: whatever ends an attempt names it, once, and carries one code and no error; what others
//! add to a right query changes nothing; what is said about a wrong one is fit for a log.
//!
//! Input: the query, still encoded.

use scalekit::{CallbackError, CallbackQuery, PendingLogin};
use serde_json::json;
use url::form_urlencoded;

use super::signer::{ISSUER, SIGNER};

const STATE: &str = "af0ifjsldkjAF0IFJSLDKJaf0ifjsldkjAF0IFJSLDKJ";
const KNOWN: [&str; 6] = ["state", "code", "iss", "error", "error_description", "error_uri"];

/// The property.
pub fn check(input: &[u8]) {
    let Ok(raw) = std::str::from_utf8(input) else { return };
    match CallbackQuery::parse(raw) {
        Ok(query) => {
            assert_eq!(query.state(), only(raw, "state").as_deref(), "two readers read two states");
            match query.into_code(pending(), &SIGNER.config) {
                Ok(_) => {
                    assert_eq!(only(raw, "state").as_deref(), Some(STATE));
                    assert!(
                        only(raw, "code").is_some_and(|code| code.bytes().all(|byte| (b' '..=b'~').contains(&byte)))
                    );
                    assert!(only(raw, "iss").is_none_or(|issuer| issuer == ISSUER), "another issuer");
                    assert_eq!(only(raw, "error"), None);
                }
                Err(error) => fits_a_log(&error),
            }
        }
        Err(error) => fits_a_log(&error),
    }
    // What others add, in any encoding that is one.
    let mut right = form_urlencoded::Serializer::new(String::new());
    right.append_pair("state", STATE).append_pair("code", "SplxlOBeZQQYbYS6WxSbIA").append_pair("iss", ISSUER);
    for (name, value) in form_urlencoded::parse(input).filter(|(name, _)| !KNOWN.contains(&&**name)) {
        right.append_pair(&name, &value);
    }
    let right = right.finish();
    let code = CallbackQuery::parse(&right).and_then(|query| query.into_code(pending(), &SIGNER.config));
    assert!(code.is_ok() || right.len() > 8 * 1024, "an addition spoils a right query: {right}");
}

/// The one value of a parameter, by the reader that browsers' own rules describe.
fn only(raw: &str, name: &str) -> Option<String> {
    let values = || form_urlencoded::parse(raw.as_bytes()).filter(|(found, _)| found == name);
    assert!(values().count() < 2, "{name} occurs twice");
    values().next().map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
}

fn pending() -> PendingLogin {
    let pending = json!({
        "state": STATE, "nonce": "n", "verifier": "v", "redirect_uri": "https://app.example.com/auth/callback",
    });
    serde_json::from_value(pending).unwrap()
}

fn fits_a_log(error: &CallbackError) {
    assert!(error.to_string().bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{error}");
    let CallbackError::Provider(said) = error else { return };
    assert!(said.original.len() <= 64);
    if let Some(text) = &said.description {
        assert!(!text.as_str().contains(|letter: char| letter.is_control() || letter == '@'), "{text}");
        assert!(text.as_str().chars().count() <= 301, "{text}");
    }
}
