//! Every series that a process exports: name, meaning, and all the words that its labels can have.
//!
//! Dashboards and alerts rest on these names; a test holds `docs/operations*` to them.

use scalekit_sessions::metrics::{Kind, Series};

pub use axum_hardening::series::{RATE_LIMITED, REQUEST_DURATION, REQUESTS};

/// Fetches of the key set.
pub const KEY_SET_FETCHES: &str = "scalekit_key_set_fetches_total";
/// Logout tokens and webhooks received.
pub const NOTIFICATIONS: &str = "scalekit_notifications_total";
/// When the process began.
pub const PROCESS_START: &str = "process_start_time_seconds";

/// Answers: up to the limit of time that they have.
const ANSWERS: Kind = Kind::Histogram(&[5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 20_000]);

/// Every series of the application's own.
const OWN: &[Series] = &[
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
    Series { name: PROCESS_START, kind: Kind::Gauge, meaning: "When the process began; Unix seconds.", labels: &[] },
];

/// Every series.
pub fn all() -> impl Iterator<Item = &'static Series> {
    OWN.iter().chain(scalekit_sessions::metrics::SERIES)
}
