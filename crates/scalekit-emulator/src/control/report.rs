//! What the control interface says about the environment.
//!
//! What for: counters and what is open, as one consistent picture.
//! Not here: counting (`world::counters`).
//! Called by: `Control::state`, `GET /__emulator/state`.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use serde::Serialize;

use crate::{orders::Endpoint, world::Shared};

/// Counters since the start, the last reset, or the last reset of the counters; and what is open now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateReport {
    /// The issuer.
    pub issuer: String,
    /// What the emulator's clock shows, in seconds since the epoch.
    pub now: i64,
    /// Calls that arrived, by endpoint: `discovery`, `keys`, `authorize`, `token`, `userinfo`, `logout`,
    /// `revoke`, `management`.
    pub calls: BTreeMap<String, u64>,
    /// Token calls that arrived, by `grant_type`.
    pub token_calls: BTreeMap<String, u64>,
    /// How calls ended: `token.refresh_token.ok`, `token.authorization_code.invalid_grant`, `authorize.code`,
    /// `authorize.login_required`, `logout.ended`, `management.session`, `webhook.delivered`,
    /// `backchannel_logout.failed`, `fault.token` …
    pub outcomes: BTreeMap<String, u64>,
    /// How often a refresh token was shown that had been used before.
    pub refresh_reuse: u64,
    /// Token calls that have arrived and not been answered.
    pub open_token_calls: u64,
    /// The largest number of token calls that were open at the same time.
    pub most_open_token_calls: u64,
    /// How much was sent of bodies without end; the last chunks may not have left this machine's buffers.
    pub endless_bytes: u64,
    /// Sessions that have neither ended nor expired.
    pub live_sessions: usize,
    /// Refresh tokens that are neither spent nor revoked.
    pub live_refresh_tokens: usize,
}

impl StateReport {
    /// Calls that arrived at this endpoint.
    #[must_use]
    pub fn calls_of(&self, endpoint: Endpoint) -> u64 {
        self.calls.get(endpoint.name()).copied().unwrap_or_default()
    }

    /// Token calls that arrived with this `grant_type`.
    #[must_use]
    pub fn token_calls_of(&self, grant: &str) -> u64 {
        self.token_calls.get(grant).copied().unwrap_or_default()
    }

    /// How often calls ended like this.
    #[must_use]
    pub fn outcomes_of(&self, outcome: &str) -> u64 {
        self.outcomes.get(outcome).copied().unwrap_or_default()
    }
}

/// Reads it all under one lock.
pub(super) fn report(shared: &Shared) -> StateReport {
    let mut world = shared.world();
    world.notice_expired_sessions();
    StateReport {
        issuer: world.settings.issuer.clone(),
        now: world.now(),
        calls: world.counters.calls.clone(),
        token_calls: world.counters.token_calls.clone(),
        outcomes: world.counters.outcomes.clone(),
        refresh_reuse: world.counters.refresh_reuse,
        open_token_calls: shared.open_token_calls.load(Ordering::SeqCst),
        most_open_token_calls: world.counters.most_open_token_calls,
        endless_bytes: world.counters.endless_bytes,
        live_sessions: world.sessions.keys().filter(|sid| world.live_session(sid).is_some()).count(),
        live_refresh_tokens: world.refresh_tokens.values().filter(|token| !token.spent && !token.revoked).count(),
    }
}
