//! Every series that a process exports: name, meaning, and all the words that its labels can have.
//!
//! Dashboards and alerts rest on these names; a test holds `docs/operations*` to them.

/// Requests answered.
pub const REQUESTS: &str = "http_requests_total";
/// Time until an answer's headers.
pub const REQUEST_DURATION: &str = "http_request_duration_seconds";
/// Requests refused because they were one too many.
pub const RATE_LIMITED: &str = "http_requests_rate_limited_total";
/// Sign-ins ended.
pub const SIGN_INS: &str = "scalekit_sign_ins_total";
/// Refreshes ended.
pub const REFRESHES: &str = "scalekit_refreshes_total";
/// Refreshed tokens that were not believed.
pub const REFRESHED_TOKENS_REFUSED: &str = "scalekit_refreshed_tokens_refused_total";
/// Time of calls of the token endpoint.
pub const TOKEN_CALL_DURATION: &str = "scalekit_token_call_duration_seconds";
/// Pauses in which the provider is left alone.
pub const PROVIDER_PAUSES: &str = "scalekit_provider_pauses_total";
/// Fetches of the key set.
pub const KEY_SET_FETCHES: &str = "scalekit_key_set_fetches_total";
/// Logout tokens and webhooks received.
pub const NOTIFICATIONS: &str = "scalekit_notifications_total";
/// Sessions now.
pub const SESSIONS_ACTIVE: &str = "scalekit_sessions_active";
/// Sessions ended.
pub const SESSIONS_ENDED: &str = "scalekit_sessions_ended_total";
/// Time of the store's operations.
pub const STORE_DURATION: &str = "scalekit_session_store_duration_seconds";
/// Requests and refreshes that the store failed.
pub const STORE_FAILURES: &str = "scalekit_session_store_failures_total";
/// Records in the store that nobody of ours wrote.
pub const DAMAGED_RECORDS: &str = "scalekit_session_records_damaged_total";
/// Rotated tokens that were offered to the store again.
pub const WRITE_RETRIES: &str = "scalekit_session_write_retries_total";
/// Leases lost during a token call.
pub const LEASES_LOST: &str = "scalekit_refresh_leases_lost_total";
/// When the process began.
pub const PROCESS_START: &str = "process_start_time_seconds";

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

/// Answers of the application and of the provider: up to the limits of time that both have.
const ANSWERS: Kind = Kind::Histogram(&[5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 20_000]);

/// The store's operations: most take less than a millisecond.
const OPERATIONS: Kind = Kind::Histogram(&[1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000]);

/// Every series.
pub const SERIES: &[Series] = &[
    Series {
        name: REQUESTS,
        kind: Kind::Counter,
        meaning: "Requests answered, by the router's pattern and HTTP status.",
        labels: &[("route", &[]), ("status", &[])],
    },
    Series {
        name: REQUEST_DURATION,
        kind: ANSWERS,
        meaning: "Seconds from a request's head to its answer's.",
        labels: &[("route", &[])],
    },
    Series {
        name: RATE_LIMITED,
        kind: Kind::Counter,
        meaning: "Requests answered 429, by what they were about.",
        labels: &[("class", &["login_start", "callback", "server_function", "notification"])],
    },
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
        name: KEY_SET_FETCHES,
        kind: Kind::Counter,
        meaning: "Fetches of the provider's signing keys.",
        labels: &[("outcome", &["done", "failed"])],
    },
    Series {
        name: NOTIFICATIONS,
        kind: Kind::Counter,
        meaning: "Back-channel logout tokens and webhooks received.",
        labels: &[
            ("kind", &["backchannel_logout", "webhook"]),
            ("outcome", &["accepted", "repeated", "refused", "failed", "under_way", "not_set_up"]),
        ],
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
    Series { name: PROCESS_START, kind: Kind::Gauge, meaning: "When the process began; Unix seconds.", labels: &[] },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_are_all_or_none() {
        let of = |name| SERIES.iter().find(|series| series.name == name).unwrap().combinations();
        assert_eq!(of(PROVIDER_PAUSES), [vec![]]);
        assert_eq!(of(KEY_SET_FETCHES), [[("outcome", "done")], [("outcome", "failed")]]);
        assert_eq!(of(NOTIFICATIONS).len(), 12);
        assert!(of(REQUESTS).is_empty());
    }
}
