//! Whether Scalekit answers, is who we think it is, and accepts us.

use std::time::Duration;

use scalekit::{Client, Config, Discovery, Error, ManagementError};
use scalekit_sessions::Clock;

use super::{Outcome, Report};

/// Limits of each request: to connect, and in total.
const TIMEOUTS: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(5));

const REACH: &str = "Check SCALEKIT_ENVIRONMENT_URL, and that this machine reaches it";

/// `session_api`: whether the provider's session API is to be used.
pub(super) async fn check(config: &Config, session_api: bool, clock: &Clock, report: &mut Report) {
    let client = match Client::new(config.clone().with_timeouts(TIMEOUTS.0, TIMEOUTS.1)) {
        Ok(client) => client,
        Err(error) => {
            let message = format!("the client for Scalekit can't be built: {}", explain(&error));
            report.add("discovery", Outcome::Failure, message, "Install the system's certificate authorities");
            return;
        }
    };
    if let Some(proxy) = config.proxy() {
        report.ok("proxy", format!("{} is asked through {proxy} (HTTPS_PROXY)", config.environment_url()));
    }
    let asked_at = clock.now();
    let discovery = client.discover().await;
    let answered_at = clock.now();
    check_discovery(&client, &discovery, report);
    check_keys(&client, answered_at, report).await;
    check_issuer(&client, discovery.as_ref().ok(), report);
    let may_ask = check_credentials(&client, report).await;
    if session_api && let Some(may_ask) = may_ask {
        check_session_api(&client, may_ask, answered_at, report).await;
    }
    check_clock(
        config,
        discovery.ok().and_then(|discovery| discovery.date),
        i64::midpoint(asked_at, answered_at),
        report,
    );
}

fn check_discovery(client: &Client, discovery: &Result<Discovery, Error>, report: &mut Report) {
    let issuer = client.config().environment_url();
    match discovery {
        Ok(_) => report.ok("discovery", format!("{issuer} answers")),
        Err(error) => {
            let message = format!("{issuer} gives no discovery document: {}", explain(error));
            report.add("discovery", Outcome::Failure, message, REACH);
        }
    }
}

async fn check_keys(client: &Client, now: i64, report: &mut Report) {
    match client.keys_available(now).await {
        Ok(()) => report.ok("keys", "the signing keys are there"),
        Err(error) => {
            let message = format!("the signing keys can't be fetched: {}", explain(&error));
            report.add("keys", Outcome::Failure, message, REACH);
        }
    }
}

fn check_issuer(client: &Client, discovery: Option<&Discovery>, report: &mut Report) {
    let ours = client.config().environment_url();
    match discovery {
        None => report.add("issuer", Outcome::Warning, "not checked: there is no discovery document", ""),
        Some(discovery) if discovery.is_of(client) => {
            let name = if discovery.issuer == ours { "so" } else { &discovery.issuer };
            report.ok("issuer", format!("{ours} calls itself {name}"));
        }
        Some(discovery) => {
            let theirs = discovery.issuer_text().map_or_else(|| "(nothing)".to_owned(), |text| text.to_string());
            report.add(
                "issuer",
                Outcome::Failure,
                format!("{ours} calls itself {theirs}, so every token would be refused"),
                "Set SCALEKIT_ENVIRONMENT_URL to the name that your environment gives itself, or add it to SCALEKIT_ISSUERS",
            );
        }
    }
}

/// Why the session API can't be used, if that is known already.
type MayAsk = Result<(), String>;

/// Answers with what is known of the session API, once the credentials are right.
async fn check_credentials(client: &Client, report: &mut Report) -> Option<MayAsk> {
    match client.client_credentials(None).await {
        Ok(_) => {
            report.ok("credentials", "client ID and client secret are accepted");
            return Some(Ok(()));
        }
        Err(error) if error.is_grant_not_allowed() => {
            report.ok("credentials", "client ID and client secret were understood");
            return Some(Err(explain(&error)));
        }
        Err(error @ Error::Misconfigured { .. }) => report.add(
            "credentials",
            Outcome::Failure,
            format!("client ID or client secret is refused: {}", explain(&error)),
            "Copy both again (Dashboard > Developers > API credentials) to SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET",
        ),
        Err(error) => {
            let message = format!("client ID and client secret can't be tried: {}", explain(&error));
            report.add("credentials", Outcome::Failure, message, REACH);
        }
    }
    None
}

/// A warning at most: without it people see and end the sessions of this application only.
async fn check_session_api(client: &Client, may_ask: MayAsk, now: i64, report: &mut Report) {
    let refusal = match may_ask {
        // Nobody's: only whether the question is allowed matters.
        Ok(()) => match client.management().sessions_of("usr_0", now).await {
            Err(ManagementError::Forbidden { description }) => {
                description.map_or_else(|| "HTTP 403".to_owned(), |text| text.to_string())
            }
            Ok(_) | Err(ManagementError::Rejected { .. }) => {
                return report.ok("session-api", "this application may ask for people's sessions");
            }
            Err(error) => {
                return report.add("session-api", Outcome::Warning, format!("it can't be tried: {error}"), REACH);
            }
        },
        Err(refusal) => refusal,
    };
    report.add(
        "session-api",
        Outcome::Warning,
        format!("this application may not use the management API: {refusal}"),
        "Tick \"Allow Scalekit Management API Access\" in the application's settings (Dashboard), or set SCALEKIT_SESSION_API=off",
    );
}

/// The provider's date is cut to the second, and so is ours: up to a second is no difference.
fn check_clock(config: &Config, date: Option<i64>, now: i64, report: &mut Report) {
    let tolerance = i64::try_from(config.clock_tolerance().as_secs()).unwrap_or(i64::MAX);
    let Some(date) = date else {
        report.add("clock", Outcome::Warning, "not checked: no answer of the provider tells its time", "");
        return;
    };
    let ahead = now.saturating_sub(date);
    let seconds = ahead.saturating_abs();
    let message = format!(
        "this machine's clock is {seconds} s {} the provider's, of which {tolerance} s are tolerated",
        if ahead > 0 { "ahead of" } else { "behind" }
    );
    let to_do = "Synchronise this machine's clock (NTP)";
    if seconds > tolerance {
        report.add("clock", Outcome::Failure, message, to_do);
    } else if seconds > tolerance / 2 {
        report.add("clock", Outcome::Warning, message, to_do);
    } else {
        report.ok("clock", "this machine's clock and the provider's agree");
    }
}

/// The part of an error that is about the cause.
fn explain(error: &Error) -> String {
    match error {
        Error::Unavailable { reason, .. } => reason.to_string(),
        Error::Misconfigured { code, description: Some(description) } => format!("{code} ({description})"),
        Error::Misconfigured { code, description: None } => code.clone(),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock_line(date: i64, now: i64) -> String {
        let config = Config::new("https://acme.scalekit.dev", "skc_1", "secret".to_owned().into()).unwrap();
        let mut report = Report::default();
        check_clock(&config, Some(date), now, &mut report);
        report.to_string()
    }

    #[test]
    fn clocks_may_differ_by_the_tolerance_and_warn_from_half_of_it() {
        let agree = "ok       clock  this machine's clock and the provider's agree\n";
        assert_eq!(clock_line(1000, 1000), agree);
        assert_eq!(clock_line(1000, 1015), agree);
        assert_eq!(
            clock_line(1000, 1016),
            "warning  clock  this machine's clock is 16 s ahead of the provider's, of which 30 s are tolerated -> \
             Synchronise this machine's clock (NTP)\n"
        );
        assert!(
            clock_line(1000, 970).starts_with("warning  clock  this machine's clock is 30 s behind the provider's")
        );
        assert!(
            clock_line(1000, 969).starts_with("failure  clock  this machine's clock is 31 s behind the provider's")
        );
        assert!(
            clock_line(1000, 1031).starts_with("failure  clock  this machine's clock is 31 s ahead of the provider's")
        );
    }
}
