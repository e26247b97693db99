//! Answers of the token endpoint: only a 200 hands out tokens, only a clear refusal ends a session, and no
//! token shows in an error.
//!
//! Input: a line with status and `Retry-After` header, and the body.

use std::time::Duration;

use scalekit::{Error, tokens::read_response};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::{edits::first_line, signer::NOW};

/// Shorter texts may stand in a message by chance.
const LONG: usize = 24;

/// The property.
pub fn check(input: &[u8]) {
    let (line, body) = first_line(input);
    let line = String::from_utf8_lossy(line);
    let (status, wait) = line.split_once(' ').map_or((&*line, None), |(status, wait)| (status, Some(wait)));
    let Ok(status) = status.parse() else { return };
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let read = read_response(status, wait, body, NOW);
    // What nobody reads need not be readable: half a surrogate pair, for example.
    if answer.is_null() && body.trim_ascii_start().starts_with(b"{") {
        return;
    }
    match read {
        Ok(tokens) => {
            assert_eq!(status, 200);
            assert!(answer["token_type"].as_str().unwrap().eq_ignore_ascii_case("bearer"));
            assert_eq!(answer["access_token"], tokens.access_token.expose_secret());
            let shown = format!("{tokens:?}");
            let optional = [("id_token", &tokens.id_token), ("refresh_token", &tokens.refresh_token)];
            for (name, token) in optional.into_iter().chain([("access_token", &Some(tokens.access_token.clone()))]) {
                let text = token.as_ref().map(SecretString::expose_secret);
                assert_eq!(text, answer[name].as_str().filter(|text| !text.is_empty()), "{name}");
                let Some(text) = text else { continue };
                assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{name} breaks a header");
                assert!(text.len() < LONG || !shown.contains(text), "{name} is shown");
            }
        }
        Err(error) => {
            check_refusal(status, &answer, &error);
            let said = format!("{error} {error:?}");
            for name in ["access_token", "id_token", "refresh_token"] {
                let token = answer[name].as_str().unwrap_or_default();
                let elsewhere = || ["error", "code"].iter().any(|other| answer[*other] == token);
                assert!(token.len() < LONG || !said.contains(token) || elsewhere(), "{name} is in an error");
            }
        }
    }
}

fn check_refusal(status: u16, answer: &Value, error: &Error) {
    match error {
        Error::Ended { .. } => {
            assert!(answer.is_object(), "what is no clear answer ends a session");
            assert!((400..500).contains(&status) && ![408, 425, 429].contains(&status), "{status} ends a session");
            let named = |value: &Value| value.as_str().is_some_and(|code| code.eq_ignore_ascii_case("invalid_grant"));
            let details = answer["details"].as_array().into_iter().flatten();
            let codes = details.map(|detail| &detail["error_code"]).chain([&answer["error"], &answer["code"]]);
            assert!(codes.into_iter().any(named), "nobody said that the session is over");
        }
        Error::Unavailable { retry_after, .. } => {
            assert!(retry_after.is_none_or(|wait| wait <= Duration::from_mins(5)), "locked out for {retry_after:?}");
        }
        Error::Misconfigured { code, .. } => {
            assert!((400..500).contains(&status), "{status} blames the application");
            assert!(code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_graphic()), "{code:?} in a log");
        }
        Error::Refused(rule) => panic!("nobody looked at the tokens yet: {rule}"),
    }
}
