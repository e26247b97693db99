//! What happened so far.
//!
//! What for: tests ask how often an endpoint was called and how it ended ("ten tabs, one refresh").
//! Not here: logs.
//! Called by: `faults` (calls), endpoints and hosted pages (outcomes), control (reading).

use std::collections::BTreeMap;

/// Counters since the start or the last reset.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counters {
    pub(crate) calls: BTreeMap<String, u64>,
    pub(crate) token_calls: BTreeMap<String, u64>,
    pub(crate) outcomes: BTreeMap<String, u64>,
    pub(crate) refresh_reuse: u64,
    pub(crate) most_open_token_calls: u64,
    pub(crate) endless_bytes: u64,
    /// Logins so far; never reset, it numbers the grants.
    pub(crate) logins: u64,
}

impl Counters {
    /// A call has arrived, whatever becomes of it.
    pub(crate) fn count_call(&mut self, endpoint: &str, grant: Option<&str>) {
        *self.calls.entry(endpoint.to_owned()).or_default() += 1;
        if let Some(grant) = grant {
            // A client may send anything; only what exists gets a name of its own.
            let known = ["authorization_code", "refresh_token", "client_credentials"].contains(&grant);
            let grant = if known { grant } else { "unknown" };
            *self.token_calls.entry(grant.to_owned()).or_default() += 1;
        }
    }

    /// A call was answered, as in `token.refresh_token.invalid_grant`.
    pub(crate) fn count_outcome(&mut self, outcome: impl Into<String>) {
        *self.outcomes.entry(outcome.into()).or_default() += 1;
    }

    /// Begins again, without forgetting which grant numbers are taken.
    pub(crate) fn reset(&mut self) {
        *self = Self { logins: self.logins, ..Self::default() };
    }
}
