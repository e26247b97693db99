//! Judges what the token endpoint answers (RFC 6749, section 5; docs "Complete login with code exchange").
//! Pure.
//!
//! Not here: sending the request (`http.rs`), and believing the tokens: a [`TokenSet`] is received, not
//! verified. Called by [`crate::Client`].

mod failure;

use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

pub(crate) use failure::ErrorBody;

use crate::error::{Error, UnavailableReason};
use crate::members;

/// What the token endpoint handed out. Received over TLS, not yet verified: see
/// [`crate::Client::verify_sign_in`].
///
/// The refresh token is opaque and spent by its first use.
#[derive(Clone, Debug)]
pub struct TokenSet {
    /// The access token, a JWT.
    pub access_token: SecretString,
    /// The ID token, a JWT. At a refresh it may be missing: keep the old one.
    pub id_token: Option<SecretString>,
    /// The next refresh token; missing without `offline_access`. At a refresh: missing means keep the old
    /// one.
    pub refresh_token: Option<SecretString>,
    /// The access token's remaining lifetime in seconds, as announced. It counts where it is less than the
    /// verified `exp` leaves; see [`crate::AccessTokenClaims::ends_at`].
    pub expires_in: Option<u64>,
    /// The scope that was granted, space-separated.
    pub scope: Option<String>,
}

/// Reads the token endpoint's answer.
///
/// `retry_after` is the header of that name; `now` (seconds since 1970) turns a date in it into a waiting
/// time.
///
/// # Errors
///
/// [`Error::Ended`] for `invalid_grant`; [`Error::Misconfigured`] for other refusals; [`Error::Unavailable`]
/// for everything that is no clear answer.
pub fn read_response(status: u16, retry_after: Option<&str>, body: &[u8], now: i64) -> Result<TokenSet, Error> {
    if status != 200 {
        return Err(failure::read(status, retry_after.and_then(|value| waiting_time(value, now)), body));
    }
    // The cause is dropped on purpose: serde's messages quote the input.
    let answer: Answer = members::of_object(body).map_err(|_| garbage("not the JSON of a token response"))?;
    if !answer.token_type.is_some_and(|kind| kind.eq_ignore_ascii_case("Bearer")) {
        return Err(garbage("the token type is not Bearer"));
    }
    Ok(TokenSet {
        access_token: token(answer.access_token)?.ok_or_else(|| garbage("there is no access token"))?,
        id_token: token(answer.id_token)?,
        refresh_token: token(answer.refresh_token)?,
        // Both are informative. Refusing the answer for their sake would lose a rotated refresh token.
        expires_in: answer.expires_in.as_ref().and_then(Value::as_u64),
        scope: answer.scope.as_ref().and_then(Value::as_str).filter(|scope| !scope.is_empty()).map(str::to_owned),
    })
}

/// The wire form. No `Debug`: it holds secrets in the clear.
#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    token_type: Option<String>,
    id_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<Value>,
    scope: Option<Value>,
}

/// RFC 6749, appendix A.12 and A.17: tokens are printable ASCII. Empty counts as absent.
fn token(text: Option<String>) -> Result<Option<SecretString>, Error> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(garbage("a token has characters it can't have"));
    }
    Ok(Some(SecretString::from(text)))
}

fn garbage(what: &'static str) -> Error {
    Error::unavailable(UnavailableReason::Garbage(what))
}

/// No waiting time is believed beyond this: a typo in a proxy must not lock users out for a day.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(5);

/// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
pub(crate) fn waiting_time(value: &str, now: i64) -> Option<Duration> {
    let value = value.trim();
    let seconds = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // So many digits that they overflow mean "very long".
        value.parse().unwrap_or(u64::MAX)
    } else {
        let date = httpdate::parse_http_date(value).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        date.as_secs().saturating_sub(u64::try_from(now).ok()?)
    };
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    const NOW: i64 = 784_111_777; // Sun, 06 Nov 1994 08:49:37 GMT

    fn read(body: &str) -> Result<TokenSet, Error> {
        read_response(200, None, body.as_bytes(), NOW)
    }

    fn is_garbage(body: &str) -> bool {
        matches!(read(body), Err(Error::Unavailable { reason: UnavailableReason::Garbage(_), retry_after: None }))
    }

    #[test]
    fn a_full_answer_is_read() {
        let tokens = read(
            r#"{"access_token":"a.b.c","token_type":"bearer","expires_in":299,"id_token":"d.e.f",
                "refresh_token":"rt_1","scope":"openid email","refresh_token_expires_in":1}"#,
        )
        .unwrap();
        assert_eq!(tokens.access_token.expose_secret(), "a.b.c");
        assert_eq!(tokens.id_token.unwrap().expose_secret(), "d.e.f");
        assert_eq!(tokens.refresh_token.unwrap().expose_secret(), "rt_1");
        assert_eq!((tokens.expires_in, tokens.scope.as_deref()), (Some(299), Some("openid email")));
    }

    #[test]
    fn empty_and_null_members_count_as_absent() {
        let tokens =
            read(r#"{"access_token":"a","token_type":"Bearer","id_token":"","refresh_token":null,"scope":""}"#);
        let tokens = tokens.unwrap();
        assert!(tokens.id_token.is_none() && tokens.refresh_token.is_none() && tokens.scope.is_none());
    }

    #[test]
    fn an_unreadable_lifetime_or_scope_does_not_cost_the_refresh_token() {
        let tokens =
            read(r#"{"access_token":"a","token_type":"Bearer","refresh_token":"r","expires_in":"x","scope":[]}"#);
        let tokens = tokens.unwrap();
        assert!(tokens.refresh_token.is_some() && tokens.expires_in.is_none() && tokens.scope.is_none());
    }

    #[test]
    fn a_success_that_cant_be_read_is_unavailable() {
        for body in [
            "",
            "<html>",
            "[]",
            r#"["a","Bearer",null,null,null,null]"#,
            "null",
            r#"{"access_token":"a","token_type":"Bear"#,
            r#"{"token_type":"Bearer"}"#,
            r#"{"access_token":"","token_type":"Bearer"}"#,
            r#"{"access_token":"a"}"#,
            r#"{"access_token":"a","token_type":"DPoP"}"#,
            r#"{"access_token":1,"token_type":"Bearer"}"#,
            r#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#,
            r#"{"access_token":"a\nb","token_type":"Bearer"}"#,
            r#"{"access_token":"a","token_type":"Bearer","refresh_token":7}"#,
            r#"{"error":"invalid_grant"}"#,
        ] {
            assert!(is_garbage(body), "{body}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let tokens =
            read(r#"{"access_token":"sesame","token_type":"Bearer","id_token":"sesame","refresh_token":"sesame"}"#);
        assert!(!format!("{tokens:?}").contains("sesame"));
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_date_and_capped() {
        for (value, seconds) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("86400", Some(300)),
            ("99999999999999999999999", Some(300)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("Sat, 06 Nov 2094 08:49:00 GMT", Some(300)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(waiting_time(value, NOW), seconds.map(Duration::from_secs), "{value}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(status in 0_u16..1000, header in "\\PC{0,40}", body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_response(status, Some(&header), &body, NOW);
            let _ = read_response(200, Some(&header), &body, i64::MIN);
        }

        #[test]
        fn reading_json_never_panics_and_only_200_succeeds(status in 0_u16..1000, body in "\\{(\"(error|code|message|access_token|token_type)\":(\"[a-zB]{0,8}\"|[0-9]{1,3}|null|\\[\\]),?){0,4}\\}") {
            let answer = read_response(status, None, body.as_bytes(), NOW);
            prop_assert!(status == 200 || answer.is_err());
        }
    }
}
