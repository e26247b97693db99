//! The rules of the callback, one test each.

use proptest::prelude::*;
use url::{Url, form_urlencoded};

use super::*;
use crate::authorize::{LoginRequest, LoginSecrets};
use crate::testing::config;

fn pending() -> PendingLogin {
    let redirect_uri = Url::parse("https://app.example.com/auth/callback").unwrap();
    LoginRequest::default().begin(&config(), &redirect_uri, LoginSecrets::generate().unwrap()).1
}

fn judge(query: &str, pending: PendingLogin) -> Result<AuthorizationCode, CallbackError> {
    CallbackQuery::parse(query)?.into_code(pending, &config())
}

/// `judge` with `STATE` replaced by the right state.
fn judge_with_state(query: &str) -> Result<AuthorizationCode, CallbackError> {
    let pending = pending();
    judge(&query.replace("STATE", pending.state()), pending)
}

#[test]
fn a_code_with_the_attempts_state_is_accepted_and_carries_the_attempts_parts() {
    let code = judge_with_state("code=abc%2Bd&state=STATE&unknown=1").unwrap();
    assert_eq!(code.code, "abc+d");
    assert_eq!(code.redirect_uri, "https://app.example.com/auth/callback");
    assert_eq!((code.verifier.len(), code.nonce.len()), (43, 43));
}

#[test]
fn another_state_is_refused() {
    assert_eq!(judge("code=abc&state=forged", pending()).unwrap_err(), CallbackError::StateMismatch);
    let other = pending();
    assert_eq!(judge(&format!("code=a&state={}", other.state()), pending()).unwrap_err(), CallbackError::StateMismatch);
    assert_eq!(judge_with_state("code=a&state=STATEx").unwrap_err(), CallbackError::StateMismatch);
}

#[test]
fn a_missing_or_empty_state_is_refused() {
    assert_eq!(judge("code=abc", pending()).unwrap_err(), CallbackError::StateMissing);
    assert_eq!(judge("code=abc&state=", pending()).unwrap_err(), CallbackError::StateMissing);
}

#[test]
fn an_error_is_believed_only_after_the_state_has_matched() {
    assert_eq!(judge("error=access_denied&state=x", pending()).unwrap_err(), CallbackError::StateMismatch);
    let error = judge_with_state("error=access_denied&error_description=No+way&state=STATE").unwrap_err();
    let CallbackError::Provider(error) = error else { panic!("{error}") };
    assert_eq!(error.code, ProviderErrorCode::AccessDenied);
    assert_eq!(error.description.unwrap().as_str(), "No way");
}

#[test]
fn the_issuer_must_be_ours_if_it_is_sent() {
    assert!(judge_with_state("code=a&state=STATE&iss=https%3A%2F%2Facme.scalekit.dev").is_ok());
    for iss in ["https%3A%2F%2Fevil.example", "https%3A%2F%2Facme.scalekit.dev%2F"] {
        let query = format!("code=a&state=STATE&iss={iss}");
        assert_eq!(judge_with_state(&query).unwrap_err(), CallbackError::IssuerMismatch);
    }
    let moving = config().with_issuers(&["https://acme.scalekit.dev", "https://auth.acme.example"]).unwrap();
    let pending = pending();
    let query = format!("code=a&state={}&iss=https%3A%2F%2Fauth.acme.example", pending.state());
    assert!(CallbackQuery::parse(&query).unwrap().into_code(pending, &moving).is_ok());
    assert_eq!(judge_with_state("error=access_denied&state=STATE&iss=x").unwrap_err(), CallbackError::IssuerMismatch);
}

#[test]
fn neither_code_nor_error_is_refused() {
    assert_eq!(judge_with_state("state=STATE").unwrap_err(), CallbackError::CodeMissing);
    assert_eq!(judge_with_state("state=STATE&code=").unwrap_err(), CallbackError::CodeMissing);
    assert_eq!(judge("", pending()).unwrap_err(), CallbackError::StateMissing);
}

#[test]
fn a_code_together_with_an_error_is_refused() {
    assert_eq!(CallbackQuery::parse("code=a&error=b&state=c").unwrap_err(), CallbackError::CodeWithError);
}

#[test]
fn repeated_known_parameters_are_refused_however_they_are_written() {
    for (query, name) in [
        ("state=a&state=a", "state"),
        ("code=a&%63ode=b", "code"),
        ("iss=a&iss=", "iss"),
        ("error=a&error=b", "error"),
        ("error_description=a&error_description=b", "error_description"),
    ] {
        assert_eq!(CallbackQuery::parse(query).unwrap_err(), CallbackError::Repeated(name));
    }
    assert!(CallbackQuery::parse("x=1&x=2").is_ok());
}

#[test]
fn broken_escapes_and_non_utf8_are_refused() {
    for query in ["code=%", "code=%4", "code=%zz", "code=%ff", "%C3=1", "x=%+1"] {
        assert_eq!(CallbackQuery::parse(query).unwrap_err(), CallbackError::Encoding, "{query}");
    }
}

#[test]
fn control_characters_are_refused() {
    assert_eq!(CallbackQuery::parse("code=a%00b").unwrap_err(), CallbackError::Characters("code"));
    assert_eq!(CallbackQuery::parse("state=a%0d%0ab").unwrap_err(), CallbackError::Characters("state"));
    assert_eq!(CallbackQuery::parse("error=%C3%A4").unwrap_err(), CallbackError::Characters("error"));
}

#[test]
fn sizes_are_limited_to_the_byte() {
    let value = |length: usize| format!("state={}", "s".repeat(length));
    assert!(CallbackQuery::parse(&value(2048)).is_ok());
    assert_eq!(CallbackQuery::parse(&value(2049)).unwrap_err(), CallbackError::TooLong);
    let query = |length: usize| format!("x={}", "y".repeat(length - 2));
    assert!(CallbackQuery::parse(&query(8192)).is_ok());
    assert_eq!(CallbackQuery::parse(&query(8193)).unwrap_err(), CallbackError::TooLong);
}

#[test]
fn an_error_is_told_whatever_its_description_is_like() {
    let long = format!("No {}", "way ".repeat(1500));
    for (description, kept) in
        [(&*long, "No way way"), ("caf%E9+ferm%e9", "caf? ferm?"), ("100%+wrong%", "100% wrong%")]
    {
        for name in ["error_description", "error_uri"] {
            let query = format!("error=access_denied&{name}={description}&state=STATE");
            let CallbackError::Provider(error) = judge_with_state(&query).unwrap_err() else { panic!("{query:.200}") };
            assert_eq!(error.code, ProviderErrorCode::AccessDenied);
            if name == "error_description" {
                let description = error.description.unwrap();
                assert!(description.as_str().starts_with(kept) && description.as_str().len() <= 304, "{description}");
            }
        }
        // Without an error nobody knows what it describes.
        assert!(CallbackQuery::parse(&format!("code=a&state=b&error_description={description}")).is_err());
    }
    let without_state = CallbackQuery::parse("error=server_error&error_description=x").unwrap();
    assert_eq!(without_state.error().unwrap().original, "server_error");
}

#[test]
fn debug_and_display_show_neither_code_nor_state() {
    let pending = pending();
    let state = pending.state().to_owned();
    let query = CallbackQuery::parse(&format!("code=secretcode&state={state}")).unwrap();
    let before = format!("{query:?}");
    let code = query.into_code(pending, &config()).unwrap();
    let shown = format!("{before} {code:?}");
    assert!(!shown.contains("secretcode") && !shown.contains(&state), "{shown}");
    let error = judge_with_state("error=x&error_description=reflected&state=STATE").unwrap_err();
    assert!(!error.to_string().contains("reflected"));
}

proptest! {
    #[test]
    fn parsing_never_panics(query in "(?s).{0,300}", shape in "[a-z%&=+0-9_]{0,200}") {
        let _ = CallbackQuery::parse(&query);
        let _ = CallbackQuery::parse(&shape);
    }

    #[test]
    fn what_was_encoded_is_read_back(state in "[ -~]{1,80}", code in "[ -~]{1,80}", extra in "\\PC{0,20}") {
        let raw = form_urlencoded::Serializer::new(String::new())
            .append_pair("state", &state).append_pair("unknown", &extra).append_pair("code", &code).finish();
        let query = CallbackQuery::parse(&raw).unwrap();
        prop_assert_eq!(query.state(), Some(&*state));
        prop_assert_eq!(query.code.as_deref(), Some(&*code));
    }

    #[test]
    fn only_the_exact_state_is_accepted(state in "[ -~]{1,60}") {
        let raw = form_urlencoded::Serializer::new(String::new())
            .append_pair("state", &state).append_pair("code", "c").finish();
        prop_assert_eq!(judge(&raw, pending()).unwrap_err(), CallbackError::StateMismatch);
    }
}
