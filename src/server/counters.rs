//! What is counted, and under which names. The facade of `metrics`: until somebody installs a recorder, counting costs
//! nothing and goes nowhere.
//!
//! Labels are fixed words, never anything that a visitor or the provider chose.

use metrics::counter;

use super::session::store::StoreError;

/// A refresh ended: `done`, `later` (the session is kept) or `never` (it is over).
pub fn refresh(outcome: &'static str) {
    counter!("scalekit_refreshes_total", "outcome" => outcome).increment(1);
}

/// Sessions ended: by their `owner`, the `provider`, a `limit`, or because of a `fault` that left no way on.
pub fn sessions_ended(by: &'static str, count: u64) {
    counter!("scalekit_sessions_ended_total", "by" => by).increment(count);
}

/// The session store failed: counted, and logged with its cause. `what` could not be done for it.
pub fn store_failed(error: &StoreError, what: &'static str) {
    counter!("scalekit_session_store_failures_total").increment(1);
    tracing::error!(error = error as &dyn std::error::Error, "the session store failed: {what}");
}

/// A refreshed session could not be written at once.
pub fn store_write_retried() {
    counter!("scalekit_session_write_retries_total").increment(1);
}

/// The provider is left alone for a moment, because it failed.
pub fn pause_begun() {
    counter!("scalekit_provider_pauses_total").increment(1);
}

/// A lease was lost while a token call was under way.
pub fn lease_lost() {
    counter!("scalekit_refresh_leases_lost_total").increment(1);
}

/// A logout token or webhook came: `accepted`, `repeated`, `refused` or `failed`; a webhook also `under_way` or `not_set_up`.
pub fn notification(kind: &'static str, outcome: &'static str) {
    counter!("scalekit_notifications_total", "kind" => kind, "outcome" => outcome).increment(1);
}
