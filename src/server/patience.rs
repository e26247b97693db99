//! How long who waits for whom.
//!
//! All of it follows from how long a call of the token endpoint may take (`SCALEKIT_TOKEN_CALL_SECONDS`), so it stands here together:
//! each wait is longer than what it waits for. What waits for the process from outside can't follow a setting, so it is longer
//! than the longest that can be set; tests compare (`deploy/`, `docs/deployment.md`).
//!
//! Not here: limits that have nothing to do with a token call (of the store, of connections, of a webhook's handler).

use std::time::Duration;

/// The longest token call that can be set. Interceptors may take 30 s (Scalekit's `timeout_ms`), and the call is made around them.
pub const LONGEST_TOKEN_CALL: Duration = Duration::from_secs(35);

/// How long a lease lasts without being renewed: so long the others wait for a holder that died.
pub const LEASE: Duration = Duration::from_secs(5);

/// How long a holder that lost its lease has to write what it got, before its token is tried: a pause between two attempts and
/// the slowest attempt.
pub const PREDECESSOR: Duration = Duration::from_secs(5);

/// For how long a process that is told to stop still begins token calls: those of requests that were accepted.
pub const LAST_TOKEN_CALLS: Duration = Duration::from_secs(1);

// part: webhooks {
/// The longest that a webhook's handler may take.
pub const WEBHOOK_HANDLER: Duration = Duration::from_secs(45);
// part: webhooks }

/// How long a code exchange waits for its place. Longer than this nobody waits for a page.
pub const EXCHANGE_PLACE: Duration = Duration::from_secs(5);

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

    /// How long a request waits for a refresh: for a predecessor, the call, and a little.
    #[must_use]
    pub fn refresh(self) -> Duration {
        PREDECESSOR + self.token_call + A_LITTLE
    }

    /// How long the refresh of another process is waited for: its call, what it may still write, a lease that runs out.
    #[must_use]
    pub fn other_process(self) -> Duration {
        self.token_call + PREDECESSOR + LEASE + A_LITTLE
    }

    /// How long a sign-in is under way once its code is taken: so long somebody who brings the same answer again waits for it.
    #[must_use]
    pub fn sign_in(self) -> Duration {
        self.token_call + KEYS + A_LITTLE * 2
    }

    /// How long any answer takes at most. A callback takes longest: of somebody whose session is refreshed first.
    #[must_use]
    pub fn answer(self) -> Duration {
        let others = Duration::ZERO;
        let others = others.max(WEBHOOK_HANDLER + A_LITTLE * 5); // part: webhooks
        others.max(self.refresh() + EXCHANGE_PLACE + self.token_call + KEYS + A_LITTLE * 5)
    }

    /// How long the process takes at most to stop: the last token calls are finished, and what they bring reaches the store.
    #[must_use]
    pub fn stop(self) -> Duration {
        LAST_TOKEN_CALLS + self.token_call + A_LITTLE
    }

    /// How long connections have for it: all but the moment in which refreshes that nobody waits for are stored.
    #[must_use]
    pub fn last_answers(self) -> Duration {
        LAST_TOKEN_CALLS + self.token_call
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVERAL: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(20), LONGEST_TOKEN_CALL];

    #[test]
    fn whoever_waits_waits_longer_than_what_it_waits_for() {
        for token_call in SEVERAL {
            let patience = Patience::with(token_call);
            assert!(patience.refresh() > token_call + PREDECESSOR);
            assert!(patience.other_process() > token_call + LEASE + PREDECESSOR);
            assert!(patience.answer() > patience.refresh() + EXCHANGE_PLACE + token_call + KEYS);
            assert!(patience.sign_in() > token_call + KEYS);
            assert!(patience.answer() > patience.refresh() + EXCHANGE_PLACE + patience.sign_in());
            assert!(patience.answer() > WEBHOOK_HANDLER); // part: webhooks
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
            ("deploy/compose.yaml", "stop_grace_period: "), // part: redis
            ("docs/deployment.md", "--stop-timeout "),      // part: sqlite
            ("docs/deployment.md", "terminationGracePeriodSeconds: "),
        ] {
            assert!(seconds(file, before) > longest.stop() + Duration::from_secs(1), "{file}: {before}");
        }
    }
}
