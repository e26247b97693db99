//! When the watcher acts. Pure: times go in, times come out; nothing here reads a clock.

use std::time::Duration;

use crate::api::session::SessionView;

/// The shortest wait between two refreshes: no answer's lifetimes can make the watcher hammer the server.
const SHORTEST_WAIT: f64 = 1_000.0;
/// The longest wait that a timer can hold; a later end is looked at again then.
const LONGEST_WAIT: f64 = 2_000_000_000.0;

/// How long after `now` (the server's clock, milliseconds) the session's tokens should be refreshed.
///
/// Due is the access token's end less 30 s or a tenth of its lifetime, whichever is less, in whole seconds
/// and at least one: the server's own rule (`Session::freshness`). `jitter` (0 to 1) spreads the tabs over a
/// quarter of that span, always after the due time: an earlier call would be in vain.
#[must_use]
pub fn wait_until_refresh(session: &SessionView, now: f64, jitter: f64) -> Duration {
    let lifetime = session.access_expires_at - session.access_issued_at;
    let ahead = milliseconds((lifetime / 10).clamp(1, 30));
    let due = milliseconds(session.access_expires_at) - ahead * (1.0 - jitter / 4.0);
    wait(due - now)
}

/// How long to wait after the `failures`th failure in a row: 2 s, doubled each time, at most a minute.
#[must_use]
pub fn wait_after_failure(failures: u32, jitter: f64) -> Duration {
    let base = 2_000.0 * f64::from(1_u32 << failures.saturating_sub(1).min(5));
    wait(base.min(60_000.0) * (0.8 + jitter * 0.4))
}

/// Whether the person should hear of `failures` in a row by `now` (the server's clock, milliseconds). One
/// failure while the access token is good is repaired before anybody would notice.
#[must_use]
pub fn is_worth_saying(session: &SessionView, failures: u32, now: f64) -> bool {
    failures > 1 || now >= milliseconds(session.access_expires_at)
}

/// Whether the tokens are due at `now` (the server's clock, milliseconds).
#[must_use]
pub fn is_due(session: &SessionView, now: f64) -> bool {
    wait_until_refresh(session, now, 0.0) <= wait(SHORTEST_WAIT)
}

/// Whether a page that was drawn for `drawn` has to be loaded anew to show `latest`: it is another person's
/// session, or a refresh has brought another organization or other roles and permissions.
#[must_use]
pub fn needs_new_page(drawn: &SessionView, latest: &SessionView) -> bool {
    is_somebody_else(drawn, latest) || drawn.roles != latest.roles || drawn.permissions != latest.permissions
}

/// Whether `latest` is another person's session, or another organization's.
#[must_use]
pub fn is_somebody_else(known: &SessionView, latest: &SessionView) -> bool {
    known.user.id != latest.user.id || known.organization.id != latest.organization.id
}

/// How much of the access token's life is left at `now` (the server's clock, milliseconds), in thousandths:
/// whole numbers, since text made of fractions would bring 15 kB of code into the browser.
#[expect(clippy::cast_possible_truncation, reason = "clamped to 0..=1000")]
#[must_use]
pub fn thousandths_left(session: &SessionView, now: f64) -> i32 {
    let lifetime = milliseconds(session.access_expires_at - session.access_issued_at).max(1.0);
    ((milliseconds(session.access_expires_at) - now) / lifetime * 1_000.0).clamp(0.0, 1_000.0) as i32
}

/// Seconds as milliseconds.
#[expect(clippy::cast_precision_loss, reason = "Unix times are far below 2^53")]
#[must_use]
pub fn milliseconds(seconds: i64) -> f64 {
    seconds as f64 * 1_000.0
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what a timer can hold")]
fn wait(milliseconds: f64) -> Duration {
    Duration::from_millis(milliseconds.clamp(SHORTEST_WAIT, LONGEST_WAIT) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::session::{OrganizationView, UserView};

    #[test]
    fn long_token_is_refreshed_thirty_seconds_ahead() {
        assert_eq!(wait_until_refresh(&session(600), 0.0, 0.0), Duration::from_secs(570));
    }

    #[test]
    fn short_token_is_refreshed_a_tenth_ahead_and_at_least_a_second() {
        assert_eq!(wait_until_refresh(&session(29), 0.0, 0.0), Duration::from_secs(27));
        assert_eq!(wait_until_refresh(&session(5), 0.0, 0.0), Duration::from_secs(4));
    }

    #[test]
    fn jitter_never_brings_the_refresh_before_it_is_due() {
        assert_eq!(wait_until_refresh(&session(600), 0.0, 1.0), Duration::from_millis(577_500));
    }

    #[test]
    fn expired_token_waits_no_less_than_a_second() {
        assert_eq!(wait_until_refresh(&session(5), 60_000.0, 0.0), Duration::from_secs(1));
        assert!(is_due(&session(5), 60_000.0));
    }

    #[test]
    fn failures_back_off_up_to_a_minute() {
        assert_eq!(wait_after_failure(1, 0.5), Duration::from_secs(2));
        assert_eq!(wait_after_failure(3, 0.5), Duration::from_secs(8));
        assert_eq!(wait_after_failure(40, 0.5), Duration::from_secs(60));
    }

    #[test]
    fn one_failure_is_kept_quiet_while_the_token_is_good() {
        assert!(!is_worth_saying(&session(100), 1, 99_999.0));
        assert!(is_worth_saying(&session(100), 1, 100_000.0));
        assert!(is_worth_saying(&session(100), 2, 0.0));
    }

    #[test]
    fn ring_empties_with_the_token() {
        assert_eq!(thousandths_left(&session(100), 25_000.0), 750);
        assert_eq!(thousandths_left(&session(100), 200_000.0), 0);
    }

    #[test]
    fn another_person_or_organization_or_other_roles_need_a_new_page() {
        let (known, mut roles, mut person, mut organization) = (session(1), session(1), session(1), session(1));
        roles.roles.push("admin".to_owned());
        assert!(!needs_new_page(&known, &session(9)));
        person.user.id.push('2');
        organization.organization.id.push('2');
        assert!([&roles, &person, &organization].into_iter().all(|latest| needs_new_page(&known, latest)));
        assert!(!is_somebody_else(&known, &roles));
    }

    /// Issued at 0, ending at `lifetime` seconds.
    fn session(lifetime: i64) -> SessionView {
        SessionView {
            user: UserView {
                id: String::new(),
                display_name: String::new(),
                given_name: None,
                initials: String::new(),
                email: None,
                email_verified: false,
                picture: None,
                external_id: None,
            },
            organization: OrganizationView { id: String::new(), name: None, external_id: None },
            roles: Vec::new(),
            permissions: Vec::new(),
            signed_in_at: 0,
            access_issued_at: 0,
            access_expires_at: lifetime,
            session_ends_at: lifetime * 10,
            server_time: 0,
        }
    }
}
