//! What becomes of a session whose refresh the provider refuses, or whose refreshed tokens break a rule.
//! Rules only.
//!
//! The provider's word ends a session only if it is clear: `invalid_grant` with a reason, or twice; or the
//! same refusal for an hour. When it was said first and last is noted in the record, so all of this holds on
//! every replica and after a restart. Not here: outages (`circuit_breaker`), and how soon this process tries
//! again (`backoff`).

use scalekit::{Blame, Error};

use crate::{Freshness, Refusal, Session};

/// For how long the provider has to refuse a session whose access token has ended, always with the same code,
/// before it is believed that it will not stop; seconds. Until then the person is told to wait; after that a
/// sign-in can help.
const REFUSED_FOR_GOOD: i64 = 3600;

/// After so many seconds without another one, a refusal says nothing any more: the person was away, and the
/// next one may be as brief as it was. So the hour takes three refusals at least.
const FORGOTTEN_AFTER: i64 = REFUSED_FOR_GOOD / 2;

/// How long after an `invalid_grant` without a reason the second try comes; seconds.
const SECOND_TRY: i64 = 5;

/// What a refusal means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing yet.
    Keep,
    /// Nothing yet, but the record should say so.
    Note(Refusal),
    /// The session is over.
    End {
        /// For the log.
        reason: &'static str,
        /// For the metrics.
        by: &'static str,
    },
}

/// Judges a failed token call.
pub(super) fn judge(error: &Error, session: &Session, now: i64) -> Verdict {
    const BY_PROVIDER: Verdict = Verdict::End { reason: "the provider has ended it", by: "provider" };
    if matches!(error, Error::Ended { description: Some(_) }) {
        return BY_PROVIDER;
    }
    let Some(code) = error.refusal() else { return Verdict::Keep };
    let is_still_said = |noted: &&Refusal| noted.code == code && now - noted.last <= FORGOTTEN_AFTER;
    let Some(noted) = session.refusal.as_ref().filter(is_still_said) else {
        return Verdict::Note(Refusal { code: code.to_owned(), since: now, last: now });
    };
    if matches!(error, Error::Ended { .. }) {
        return BY_PROVIDER;
    }
    if session.freshness(now) == Freshness::Expired && now - noted.since >= REFUSED_FOR_GOOD {
        return Verdict::End { reason: "the provider has refused to refresh it for an hour", by: "refused" };
    }
    Verdict::Note(Refusal { last: now, ..noted.clone() })
}

/// Seconds until the second try after an `invalid_grant` without a reason; `None` if none is waited for. A
/// replica whose clock is behind does not wait.
pub(super) fn second_try_in(refusal: Option<&Refusal>, now: i64) -> Option<u32> {
    let noted = refusal.filter(|noted| Error::Ended { description: None }.refusal() == Some(&noted.code))?;
    let passed = now - noted.since;
    (0..SECOND_TRY).contains(&passed).then(|| u32::try_from(SECOND_TRY - passed).unwrap_or(1))
}

/// What it says of the session that its refreshed tokens could not be verified.
pub(super) const fn blame(error: &Error) -> Blame {
    match error {
        Error::Refused(rule) => rule.blame(),
        // The keys can't be had for now; verifying has no other trouble.
        Error::Unavailable { .. } | Error::Ended { .. } | Error::Misconfigured { .. } => Blame::Moment,
    }
}

#[cfg(test)]
mod tests {
    use scalekit::{UnavailableReason, VerificationError};

    use super::*;
    use crate::session::tests::session;

    fn refused(code: &str) -> Error {
        Error::Misconfigured { code: code.to_owned(), description: None }
    }

    fn refusal(code: &str, since: i64, last: i64) -> Refusal {
        Refusal { code: code.to_owned(), since, last }
    }

    fn noted(code: &str, since: i64, last: i64) -> Session {
        Session { refusal: Some(refusal(code, since, last)), ..session(0, 300) }
    }

    fn unclear() -> Error {
        Error::Ended { description: None }
    }

    fn ends(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::End { .. })
    }

    #[test]
    fn the_same_refusal_ends_an_expired_session_after_an_hour_to_the_second() {
        let error = refused("invalid_scope");
        let note = |since, last| Verdict::Note(refusal("invalid_scope", since, last));
        assert_eq!(judge(&error, &session(0, 300), 290), note(290, 290));
        assert_eq!(judge(&error, &noted("invalid_scope", 290, 3000), 3889), note(290, 3889));
        let verdict = judge(&error, &noted("invalid_scope", 290, 3000), 3890);
        assert!(matches!(verdict, Verdict::End { by: "refused", .. }), "{verdict:?}");
        let other = judge(&error, &noted("server_error", 290, 3000), 3890);
        assert_eq!(other, note(3890, 3890), "another one begins anew");
        let good = Session { access_expires_at: 9000, ..noted("invalid_scope", 290, 3000) };
        assert_eq!(judge(&error, &good, 3890), note(290, 3890), "the access token is still good");
    }

    #[test]
    fn a_refusal_of_long_ago_says_nothing() {
        for (error, code) in [(refused("invalid_scope"), "invalid_scope"), (unclear(), "invalid_grant")] {
            assert!(ends(&judge(&error, &noted(code, 300, 7200), 7200 + FORGOTTEN_AFTER)), "{code}");
            let tomorrow = judge(&error, &noted(code, 300, 7200), 7201 + FORGOTTEN_AFTER);
            assert_eq!(tomorrow, Verdict::Note(refusal(code, 9001, 9001)));
        }
        let old: Refusal = serde_json::from_str(r#"{"code":"invalid_scope","since":1800000000}"#).unwrap();
        let session = Session { refusal: Some(old), ..session(0, 300) };
        assert!(!ends(&judge(&refused("invalid_scope"), &session, 1_800_007_200)), "of an earlier release");
    }

    #[test]
    fn outages_and_wrong_credentials_end_no_session_however_long_they_last() {
        for reason in [UnavailableReason::Timeout, UnavailableReason::RateLimited, UnavailableReason::Status(404)] {
            let error = Error::Unavailable { reason, retry_after: None };
            assert_eq!(judge(&error, &noted("invalid_scope", 0, 9000), 9000), Verdict::Keep);
        }
        for code in ["invalid_client", "unauthenticated", "http_401"] {
            assert_eq!(judge(&refused(code), &noted(code, 0, 9000), 9000), Verdict::Keep, "{code}");
        }
        let failing = UnavailableReason::Failing { status: 400, code: "server_error".to_owned() };
        let failing = Error::Unavailable { reason: failing, retry_after: None };
        assert!(
            ends(&judge(&failing, &noted("server_error", 0, 3500), 3600)),
            "Scalekit says this of faults that stay, too"
        );
    }

    #[test]
    fn an_invalid_grant_without_a_reason_has_to_be_said_twice_and_not_at_once() {
        assert_eq!(judge(&unclear(), &session(0, 300), 300), Verdict::Note(refusal("invalid_grant", 300, 300)));
        assert!(ends(&judge(&unclear(), &noted("invalid_grant", 300, 300), 305)));
        assert!(!ends(&judge(&unclear(), &noted("server_error", 300, 300), 305)), "something else was said before");
        let said = refusal("invalid_grant", 300, 300);
        let waits: Vec<_> = [299, 300, 304, 305].iter().map(|now| second_try_in(Some(&said), *now)).collect();
        assert_eq!(waits, [None, Some(5), Some(1), None]);
        assert_eq!(second_try_in(Some(&refusal("invalid_scope", 300, 300)), 300), None);
    }

    #[test]
    fn only_what_is_somebody_elses_ends_a_session() {
        let of = |rule| blame(&Error::Refused(rule));
        assert_eq!(of(VerificationError::OtherSession), Blame::SomebodyElse);
        assert_eq!(of(VerificationError::Issuer), Blame::Environment);
        assert_eq!(of(VerificationError::UnknownKey), Blame::Moment);
        assert_eq!(blame(&Error::Unavailable { reason: UnavailableReason::Timeout, retry_after: None }), Blame::Moment);
    }
}
