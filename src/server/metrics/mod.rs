//! What is counted and measured, and when. Through the facade of `metrics`: until somebody installs a recorder, as
//! `exporter` does, all of this costs nothing and goes nowhere.
//!
//! Labels are fixed words and our own routes, never anything that a visitor or the provider chose. Names, explanations and the
//! labels' words are in [`catalogue`].

pub mod catalogue;
pub mod exporter; // part: metrics

use std::time::{Duration, Instant};

use metrics::{counter, gauge, histogram};
use tracing::Instrument as _;

use super::session::store::StoreError;
use crate::error::SignInProblem;

/// A request was answered: its headers were ready after `time`. `route` is the router's pattern, never the path.
pub fn request(route: &str, status: u16, time: Duration) {
    counter!(catalogue::REQUESTS, "route" => route.to_owned(), "status" => status.to_string()).increment(1);
    histogram!(catalogue::REQUEST_DURATION, "route" => route.to_owned()).record(time);
}

/// A sign-in ended: with a session, or with a reason why not.
pub fn sign_in(problem: Option<SignInProblem>) {
    let outcome = match problem {
        None => "done",
        Some(SignInProblem::NoAttempt) => "no_attempt",
        Some(SignInProblem::Malformed) => "malformed",
        Some(SignInProblem::Cancelled | SignInProblem::LinkRefused) => "cancelled",
        Some(SignInProblem::NotAllowed) => "not_allowed",
        Some(SignInProblem::OrganizationNotFound) => "organization_not_found",
        Some(SignInProblem::LoginRequired) => "login_required",
        Some(SignInProblem::Provider) => "provider",
        Some(SignInProblem::CodeRefused) => "code_refused",
        Some(SignInProblem::TokensRefused) => "tokens_refused",
        Some(SignInProblem::Misconfigured) => "misconfigured",
        Some(SignInProblem::AnotherAccount) => "another_account",
        Some(SignInProblem::Unavailable) => "unavailable",
    };
    counter!(catalogue::SIGN_INS, "outcome" => outcome).increment(1);
}

/// A refresh ended: `done`, `later` (the session is kept) or `never` (it is over).
pub fn refresh(outcome: &'static str) {
    counter!(catalogue::REFRESHES, "outcome" => outcome).increment(1);
}

/// A refreshed token broke a rule. Whose fault that is: a key's or a clock's (`moment`), the `environment`'s, the `id_token`'s
/// alone, or it is `somebody_else`'s.
pub fn refreshed_tokens_refused(blame: &'static str) {
    counter!(catalogue::REFRESHED_TOKENS_REFUSED, "blame" => blame).increment(1);
}

/// Makes a call of the provider's token endpoint, of this grant, in a span, and measures it.
///
/// # Errors
/// Those of the call.
pub async fn token_call<T>(
    grant: &'static str,
    call: impl Future<Output = Result<T, scalekit::Error>>,
) -> Result<T, scalekit::Error> {
    let begun = Instant::now();
    let answer = call.instrument(tracing::info_span!("token call", grant)).await;
    let outcome = match &answer {
        Ok(_) => "done",
        Err(scalekit::Error::Ended { .. }) => "ended",
        Err(scalekit::Error::Misconfigured { .. }) => "misconfigured",
        // The call itself verifies nothing, so nothing else is left.
        Err(scalekit::Error::Unavailable { .. } | scalekit::Error::Refused(_)) => "unavailable",
    };
    histogram!(catalogue::TOKEN_CALL_DURATION, "grant" => grant, "outcome" => outcome).record(begun.elapsed());
    answer
}

/// Sessions ended: by their `owner`, the `provider`, a `limit`, because the provider went on refusing to refresh them (`refused`),
/// or because of a `fault` that left no way on.
pub fn sessions_ended(by: &'static str, count: u64) {
    counter!(catalogue::SESSIONS_ENDED, "by" => by).increment(count);
}

/// How many sessions there are; `None` if nobody can tell for now.
pub fn sessions_active(count: Option<u64>) {
    // A gauge is a float: exact up to 2^53. Not-a-number is how Prometheus writes "unknown".
    let value = count.map_or(f64::NAN, |count| f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    gauge!(catalogue::SESSIONS_ACTIVE).set(value);
}

/// The session store did something, well or not.
pub fn store_operation(operation: &'static str, went_well: bool, time: Duration) {
    let outcome = if went_well { "done" } else { "failed" };
    histogram!(catalogue::STORE_DURATION, "operation" => operation, "outcome" => outcome).record(time);
}

/// The session store failed: counted, and logged with its cause. `what` could not be done for it.
pub fn store_failed(error: &StoreError, what: &'static str) {
    counter!(catalogue::STORE_FAILURES).increment(1);
    tracing::error!(error = error as &dyn std::error::Error, "the session store failed: {what}");
}

/// The store has a record, or an entry, that this release can't have written. It was left out.
pub fn record_damaged(why: &dyn std::error::Error) {
    counter!(catalogue::DAMAGED_RECORDS).increment(1);
    // Neither key nor content: why says what kind of thing is wrong.
    tracing::error!(error = %why, "a damaged session record is left out");
}

/// A request of this class was one too many.
pub fn rate_limited(class: &'static str) {
    counter!(catalogue::RATE_LIMITED, "class" => class).increment(1);
}

/// A refreshed session could not be written at once.
pub fn store_write_retried() {
    counter!(catalogue::WRITE_RETRIES).increment(1);
}

/// The provider is left alone for a moment, because it failed.
pub fn pause_begun() {
    counter!(catalogue::PROVIDER_PAUSES).increment(1);
}

/// A lease was lost while a token call was under way.
pub fn lease_lost() {
    counter!(catalogue::LEASES_LOST).increment(1);
}

/// A logout token or webhook came: `accepted`, `repeated`, `refused` or `failed`; a webhook also `under_way` or `not_set_up`.
pub fn notification(kind: &'static str, outcome: &'static str) {
    counter!(catalogue::NOTIFICATIONS, "kind" => kind, "outcome" => outcome).increment(1);
}

/// So many fetches of the provider's key set have ended since the process began, well or badly.
pub fn key_set_fetches(fetches: scalekit::KeySetFetches) {
    counter!(catalogue::KEY_SET_FETCHES, "outcome" => "done").absolute(fetches.done);
    counter!(catalogue::KEY_SET_FETCHES, "outcome" => "failed").absolute(fetches.failed);
}
