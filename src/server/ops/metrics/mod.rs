//! What is counted and measured, and when. Through the facade of `metrics`: until somebody installs a
//! recorder, as `exporter` does, all of this costs nothing and goes nowhere.
//!
//! Labels are fixed words and our own routes, nothing that a visitor or the provider chose. Names,
//! explanations and labels are in [`catalogue`]. The engine's own: `scalekit_sessions::metrics`.

pub mod catalogue;
pub mod exporter; // part: metrics

use metrics::counter;

pub use scalekit_sessions::metrics::{sessions_active, store_failed, token_call};

/// A logout token: `accepted`, `repeated`, `refused`, `failed`; a webhook: also `under_way`, `not_set_up`.
pub fn notification(kind: &'static str, outcome: &'static str) {
    counter!(catalogue::NOTIFICATIONS, "kind" => kind, "outcome" => outcome).increment(1);
}

/// So many fetches of the provider's key set have ended since the process began, well or badly.
pub fn key_set_fetches(fetches: scalekit::KeySetFetches) {
    counter!(catalogue::KEY_SET_FETCHES, "outcome" => "done").absolute(fetches.done);
    counter!(catalogue::KEY_SET_FETCHES, "outcome" => "failed").absolute(fetches.failed);
}
