//! What the engine counts and measures, over the facade of the `metrics` crate: until somebody installs a
//! recorder, all of this costs nothing and goes nowhere.
//!
//! Labels are fixed words, never anything that a visitor or the provider chose. [`SERIES`] has every series
//! with its meaning and all the words of its labels, for whoever describes them to a recorder.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use metrics::{counter, gauge, histogram};
use tracing::Instrument as _;

/// Sign-ins ended.
const SIGN_INS: &str = "scalekit_sign_ins_total";
/// Refreshes ended.
const REFRESHES: &str = "scalekit_refreshes_total";
/// Refreshed tokens that were not believed.
const REFRESHED_TOKENS_REFUSED: &str = "scalekit_refreshed_tokens_refused_total";
/// Time of calls of the token endpoint.
const TOKEN_CALL_DURATION: &str = "scalekit_token_call_duration_seconds";
/// Pauses in which the provider is left alone.
const PROVIDER_PAUSES: &str = "scalekit_provider_pauses_total";
/// Sessions now.
const SESSIONS_ACTIVE: &str = "scalekit_sessions_active";
/// Sessions ended.
const SESSIONS_ENDED: &str = "scalekit_sessions_ended_total";
/// Time of the store's operations.
const STORE_DURATION: &str = "scalekit_session_store_duration_seconds";
/// Requests and refreshes that the store failed.
const STORE_FAILURES: &str = "scalekit_session_store_failures_total";
/// Records in the store that nobody of ours wrote.
const DAMAGED_RECORDS: &str = "scalekit_session_records_damaged_total";
/// Rotated tokens that were offered to the store again.
const WRITE_RETRIES: &str = "scalekit_session_write_retries_total";
/// Leases lost during a token call.
const LEASES_LOST: &str = "scalekit_refresh_leases_lost_total";

/// What a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only ever grows, from 0 at the process's start.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution of seconds; its buckets' upper bounds.
    Histogram(&'static [Bound]),
}

/// A bucket's upper bound, in milliseconds: whole numbers can be compared.
pub type Bound = u32;

/// One series.
#[derive(Debug, Clone, Copy)]
pub struct Series {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// One sentence for people.
    pub meaning: &'static str,
    /// Its labels.
    pub labels: &'static [Label],
}

/// A label and all words it can have; none where they are the router's routes or HTTP's statuses.
pub type Label = (&'static str, &'static [&'static str]);

/// Answers of the provider: up to the limit of time that they have.
const ANSWERS: Kind = Kind::Histogram(&[5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 20_000]);

/// The store's operations: most take less than a millisecond.
const OPERATIONS: Kind = Kind::Histogram(&[1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000]);

/// Every series of this crate.
pub const SERIES: &[Series] = &[
    Series {
        name: SIGN_INS,
        kind: Kind::Counter,
        meaning: "Callbacks handled: sign-ins done, and why others were not.",
        labels: &[("outcome", SIGN_IN_OUTCOMES)],
    },
    Series {
        name: REFRESHES,
        kind: Kind::Counter,
        meaning: "Refreshes: done, later (the session is kept), never (it is over).",
        labels: &[("outcome", &["done", "later", "never"])],
    },
    Series {
        name: REFRESHED_TOKENS_REFUSED,
        kind: Kind::Counter,
        meaning: "Refreshed tokens that broke a rule, by what that says: only somebody_else ends the session.",
        labels: &[("blame", &["moment", "environment", "id_token", "somebody_else"])],
    },
    Series {
        name: TOKEN_CALL_DURATION,
        kind: ANSWERS,
        meaning: "Seconds that calls of the provider's token endpoint took.",
        labels: &[
            ("grant", &["authorization_code", "refresh_token"]),
            ("outcome", &["done", "ended", "misconfigured", "unavailable"]),
        ],
    },
    Series {
        name: PROVIDER_PAUSES,
        kind: Kind::Counter,
        meaning: "Pauses in which the provider is left alone because it failed.",
        labels: &[],
    },
    Series {
        name: SESSIONS_ACTIVE,
        kind: Kind::Gauge,
        meaning: "Sessions in the store that have not ended; absent for a Redis, NaN while the store can't tell.",
        labels: &[],
    },
    Series {
        name: SESSIONS_ENDED,
        kind: Kind::Counter,
        meaning: "Sessions ended by their owner, the provider, an hour of the same refusal, a limit or a fault.",
        labels: &[("by", &["owner", "provider", "refused", "limit", "fault"])],
    },
    Series {
        name: STORE_DURATION,
        kind: OPERATIONS,
        meaning: "Seconds that the session store's operations took.",
        labels: &[("operation", STORE_OPERATIONS), ("outcome", &["done", "failed"])],
    },
    Series {
        name: STORE_FAILURES,
        kind: Kind::Counter,
        meaning: "Requests and refreshes that the session store failed.",
        labels: &[],
    },
    Series {
        name: DAMAGED_RECORDS,
        kind: Kind::Counter,
        meaning: "Session records met that this application can't have written; they are left out.",
        labels: &[],
    },
    Series {
        name: WRITE_RETRIES,
        kind: Kind::Counter,
        meaning: "Rotated tokens that the store did not take at once and was offered again.",
        labels: &[],
    },
    Series {
        name: LEASES_LOST,
        kind: Kind::Counter,
        meaning: "Leases lost while a token call was under way.",
        labels: &[],
    },
];

const SIGN_IN_OUTCOMES: &[&str] = &[
    "done",
    "no_attempt",
    "malformed",
    "cancelled",
    "not_allowed",
    "organization_not_found",
    "login_required",
    "provider",
    "code_refused",
    "tokens_refused",
    "misconfigured",
    "another_account",
    "unavailable",
];

const STORE_OPERATIONS: &[&str] = &[
    "create",
    "load",
    "replace",
    "touch",
    "delete",
    "delete_version",
    "list_by_user",
    "count_by_user",
    "delete_by_user",
    "delete_by_provider_session",
    "delete_ended",
    "count",
    "acquire_lease",
    "renew_lease",
    "release_lease",
    "mark",
    "mark_at_least",
    "is_marked",
    "unmark",
    "ping",
];

impl Series {
    /// Every combination of this series' labels, if all their words are known.
    #[must_use]
    pub fn combinations(&self) -> Vec<Vec<(&'static str, &'static str)>> {
        self.labels.iter().fold(vec![Vec::new()], |begun, (label, words)| {
            let with = |start: &Vec<_>, word| start.iter().copied().chain([(*label, word)]).collect();
            begun.iter().flat_map(|start| words.iter().map(move |word| with(start, *word))).collect()
        })
    }
}

/// A sign-in ended: `done`, or why it came to nothing.
pub(crate) fn sign_in(outcome: &'static str) {
    counter!(SIGN_INS, "outcome" => outcome).increment(1);
}

/// A refresh ended: `done`, `later` (the session is kept) or `never` (it is over).
pub(crate) fn refresh(outcome: &'static str) {
    counter!(REFRESHES, "outcome" => outcome).increment(1);
}

/// A refreshed token broke a rule. Whose fault that is: a key's or a clock's (`moment`), the `environment`'s,
/// the `id_token`'s alone, or it is `somebody_else`'s.
pub(crate) fn refreshed_tokens_refused(blame: &'static str) {
    counter!(REFRESHED_TOKENS_REFUSED, "blame" => blame).increment(1);
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
    histogram!(TOKEN_CALL_DURATION, "grant" => grant, "outcome" => outcome).record(begun.elapsed());
    answer
}

/// Sessions ended: by their `owner`, the `provider`, a `limit`, because the provider went on refusing to
/// refresh them (`refused`), or because of a `fault` that left no way on.
pub(crate) fn sessions_ended(by: &'static str, count: u64) {
    counter!(SESSIONS_ENDED, "by" => by).increment(count);
}

/// How many sessions there are; `None` if nobody can tell for now.
pub fn sessions_active(count: Option<u64>) {
    // A gauge is a float: exact up to 2^53. Not-a-number is how Prometheus writes "unknown".
    let value = count.map_or(f64::NAN, |count| f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    gauge!(SESSIONS_ACTIVE).set(value);
}

/// The session store did something, well or not.
pub(crate) fn store_operation(operation: &'static str, went_well: bool, time: Duration) {
    let outcome = if went_well { "done" } else { "failed" };
    histogram!(STORE_DURATION, "operation" => operation, "outcome" => outcome).record(time);
}

/// The session store failed: counted, and logged with its cause. `what` could not be done for it.
pub fn store_failed(error: &(dyn Error + 'static), what: &'static str) {
    counter!(STORE_FAILURES).increment(1);
    tracing::error!(error, "the session store failed: {what}");
}

/// The store has a record, or an entry, that this release can't have written. It was left out.
pub(crate) fn record_damaged(why: &dyn Error) {
    counter!(DAMAGED_RECORDS).increment(1);
    // Neither key nor content: why says what kind of thing is wrong.
    tracing::error!(error = %why, "a damaged session record is left out");
}

/// A refreshed session could not be written at once.
pub(crate) fn store_write_retried() {
    counter!(WRITE_RETRIES).increment(1);
}

/// The provider is left alone for a moment, because it failed.
pub(crate) fn pause_begun() {
    counter!(PROVIDER_PAUSES).increment(1);
}

/// A lease was lost while a token call was under way.
pub(crate) fn lease_lost() {
    counter!(LEASES_LOST).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_are_all_or_none() {
        let of = |labels| Series { name: "", kind: Kind::Counter, meaning: "", labels }.combinations();
        assert_eq!(of(&[]), [vec![]]);
        assert_eq!(of(&[("a", &["1", "2"])]), [[("a", "1")], [("a", "2")]]);
        assert_eq!(of(&[("a", &["1", "2"]), ("b", &["1", "2", "3"])]).len(), 6);
        assert!(of(&[("a", &["1"]), ("route", &[])]).is_empty(), "the words of one label are not known");
    }
}
