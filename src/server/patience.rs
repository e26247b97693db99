//! How long who waits for whom.
//!
//! All of it follows from how long a call of the token endpoint may take (`SCALEKIT_TOKEN_CALL_SECONDS`):
//! each wait is longer than what it waits for. How long sessions wait for the provider is the engine's to
//! know ([`scalekit_sessions::Patience`]); here is what waits for sessions. What waits for the process from
//! outside can't follow a setting, so it is longer than the longest that can be set; tests compare
//! (`deploy/`, `docs/deployment.md`).
//!
//! Not here: limits unrelated to a token call (of the store, of connections, of a webhook's handler).

use std::time::Duration;

use scalekit_sessions::{LONGEST_WORK, Patience as SessionPatience};

/// How long a process that is told to stop still begins token calls: those of accepted requests.
pub const LAST_TOKEN_CALLS: Duration = Duration::from_secs(1);

/// What is waited for around all that: a step of the store or of the clock.
const A_LITTLE: Duration = Duration::from_secs(1);

/// All waits, for a token call of some length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    sessions: SessionPatience,
}

impl Patience {
    /// The waits around a token call that may take so long.
    #[must_use]
    pub const fn with(token_call: Duration) -> Self {
        Self { sessions: SessionPatience::with(token_call) }
    }

    /// How long sessions wait.
    #[must_use]
    pub const fn of_sessions(self) -> SessionPatience {
        self.sessions
    }

    /// How long any answer takes at most. A callback takes longest, of somebody whose session is
    /// refreshed first; or a webhook's handler.
    #[must_use]
    pub fn answer(self) -> Duration {
        let callback = self.sessions.refresh() + self.sessions.whole_sign_in() + A_LITTLE * 3;
        callback.max(LONGEST_WORK + A_LITTLE * 5)
    }

    /// The longest that stopping takes: the last token calls end, and what they bring reaches the store.
    #[must_use]
    pub fn stop(self) -> Duration {
        LAST_TOKEN_CALLS + self.sessions.token_call() + A_LITTLE
    }

    /// How long connections have for it: all but the moment to store refreshes that nobody waits for.
    #[must_use]
    pub fn last_answers(self) -> Duration {
        LAST_TOKEN_CALLS + self.sessions.token_call()
    }
}
