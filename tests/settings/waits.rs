//! Who waits for whom, here and in what is deployed: whoever waits waits longer.

use std::time::Duration;

use leptos_scalekit::server::patience::*;
use scalekit_sessions::{LONGEST_TOKEN_CALL, LONGEST_WORK};

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
