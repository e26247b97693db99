//! How long who waits for whom.
//!
//! All of it follows from how long a call of the token endpoint may take, so it stands here together: each
//! wait is longer than what it waits for. Whoever waits for these in turn builds on [`Patience`].
//!
//! Not here: limits that have nothing to do with a token call, such as those of a store.

use std::time::Duration;

/// The longest token call that may be configured. Interceptors may take 30 s (Scalekit's `timeout_ms`), and
/// the call is made around them.
pub const LONGEST_TOKEN_CALL: Duration = Duration::from_secs(35);

/// Seconds after which another attempt makes sense when a store, or whatever else is needed, was out of
/// reach.
pub const RETRY_SECONDS: u32 = 5;

/// How long a lease lasts without being renewed: so long the others wait for a holder that died.
pub(crate) const LEASE: Duration = Duration::from_secs(5);

/// How long a holder that lost its lease has to write what it got, before its token is tried: a pause between
/// two attempts and the slowest attempt.
pub(crate) const PREDECESSOR: Duration = Duration::from_secs(5);

/// How long a code exchange waits for a permit. Longer than this nobody waits for a page.
pub(crate) const EXCHANGE_PERMIT: Duration = Duration::from_secs(5);

/// What is waited for around a call: a step of the store or of the clock.
const A_LITTLE: Duration = Duration::from_secs(1);

/// The longest that Scalekit's other answers are waited for; here, its keys.
const KEYS: Duration = Duration::from_secs(8);

/// All waits, for a token call of some length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    token_call: Duration,
}

impl Patience {
    /// The waits around a token call that may take so long.
    #[must_use]
    pub const fn with(token_call: Duration) -> Self {
        Self { token_call }
    }

    /// How long a token call may take.
    #[must_use]
    pub const fn token_call(self) -> Duration {
        self.token_call
    }

    /// How long a request waits for a refresh: for a predecessor, the call, and a little.
    #[must_use]
    pub fn refresh(self) -> Duration {
        PREDECESSOR + self.token_call + A_LITTLE
    }

    /// How long the refresh of another process is waited for: its call, what it may still write, a lease that
    /// runs out.
    #[must_use]
    pub(crate) fn other_process(self) -> Duration {
        self.token_call + PREDECESSOR + LEASE + A_LITTLE
    }

    /// How long a sign-in is under way once its code is taken: so long somebody who brings the same answer
    /// again waits for it.
    #[must_use]
    pub fn sign_in(self) -> Duration {
        self.token_call + KEYS + A_LITTLE * 2
    }

    /// How long the answer to a login takes at most, the wait for its permit included.
    #[must_use]
    pub fn whole_sign_in(self) -> Duration {
        EXCHANGE_PERMIT + self.sign_in()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_waits_longer_than_what_it_waits_for() {
        for token_call in [Duration::from_secs(1), Duration::from_secs(20), LONGEST_TOKEN_CALL] {
            let patience = Patience::with(token_call);
            assert!(patience.refresh() > token_call + PREDECESSOR);
            assert!(patience.other_process() > token_call + LEASE + PREDECESSOR);
            assert!(patience.sign_in() > token_call + KEYS);
            assert!(patience.whole_sign_in() > EXCHANGE_PERMIT + token_call + KEYS);
        }
    }
}
