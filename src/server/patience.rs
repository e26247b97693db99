//! How long who waits for whom.
//!
//! All of it follows from how long a call of the token endpoint may take (`SCALEKIT_TOKEN_CALL_SECONDS`): each wait is longer than what it
//! waits for. How long sessions wait for the provider is the engine's to know ([`scalekit_sessions::Patience`]); here is what waits for
//! sessions. What waits for the process from outside can't follow a setting, so it is longer
//! than the longest that can be set; tests compare (`deploy/`, `docs/deployment.md`).
//!
//! Not here: limits that have nothing to do with a token call (of the store, of connections, of a webhook's handler).

use std::time::Duration;

use scalekit_sessions::{LONGEST_WORK, Patience as SessionPatience};

/// For how long a process that is told to stop still begins token calls: those of requests that were accepted.
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

    /// How long the process takes at most to stop: the last token calls are finished, and what they bring reaches the store.
    #[must_use]
    pub fn stop(self) -> Duration {
        LAST_TOKEN_CALLS + self.sessions.token_call() + A_LITTLE
    }

    /// How long connections have for it: all but the moment in which refreshes that nobody waits for are stored.
    #[must_use]
    pub fn last_answers(self) -> Duration {
        LAST_TOKEN_CALLS + self.sessions.token_call()
    }
}

#[cfg(test)]
mod tests {

    use scalekit_sessions::LONGEST_TOKEN_CALL;

    use super::*;

    const SEVERAL: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(20), LONGEST_TOKEN_CALL];

    #[test]
    fn whoever_waits_waits_longer_than_what_it_waits_for() {
        for token_call in SEVERAL {
            let patience = Patience::with(token_call);
            let sessions = patience.of_sessions();
            assert!(patience.answer() > sessions.refresh() + sessions.whole_sign_in());
            assert!(patience.answer() > LONGEST_WORK);
            assert!(patience.stop() > LAST_TOKEN_CALLS + token_call && patience.stop() > patience.last_answers());
        }
    }

    /// The number that follows a word in a file that is shipped.
    fn seconds(file: &str, before: &str) -> Duration {
        let text = std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{file} has no {before}"));
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Duration::from_secs(digits.parse().unwrap())
    }

    #[test]
    fn what_waits_outside_waits_longer_than_the_longest_that_can_be_set() {
        let longest = Patience::with(LONGEST_TOKEN_CALL);
        assert!(seconds("deploy/nginx/proxy.conf", "proxy_read_timeout ") > longest.answer());
        assert!(seconds("docs/deployment.md", "- waits at least ") > longest.answer());
        for (file, before) in [
            ("deploy/systemd/leptos-scalekit.service", "TimeoutStopSec="),
            ("deploy/compose.yaml", "stop_grace_period: "),
            ("docs/deployment.md", "--stop-timeout "),
            ("docs/deployment.md", "terminationGracePeriodSeconds: "),
        ] {
            // A file of a part that was left out.
            if !std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file).exists() {
                continue;
            }
            assert!(seconds(file, before) > longest.stop() + Duration::from_secs(1), "{file}: {before}");
        }
    }
}
