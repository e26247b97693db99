//! `leptos-scalekit check`: tries all that the server needs, and says what to do where it fails.
//!
//! Not here: readiness of a running process (`server::health`). It serves nothing, and leaves nothing behind
//! but what the server would make too (an empty session database). Network calls are bounded in time.

pub mod environment;
mod provider;
pub mod report;
mod store;

pub use report::{Line, Outcome, Report};
use scalekit_sessions::Clock;

use crate::server::settings::{Environment, IdentityProvider, Problems, Settings, Source};

/// Does every check.
/// `has_emulator` says whether this build can stand in for Scalekit itself.
pub async fn examine(source: &Source, has_emulator: bool, clock: &Clock) -> Report {
    let mut report = Report::default();
    for notice in source.notices() {
        report.add("settings", Outcome::Warning, notice, "");
    }
    let settings = match Settings::from_source(source) {
        Ok(settings) => settings,
        Err(problems) => {
            report_problems(&problems, &mut report);
            return report;
        }
    };
    let name = match settings.environment {
        Environment::Development => "DEV",
        Environment::Production => "PROD",
    };
    report.ok("settings", format!("all are right, for LEPTOS_ENV={name}"));
    store::check(&settings.store, clock.now(), &mut report).await;
    match &settings.provider {
        IdentityProvider::Scalekit(config) => {
            provider::check(config, settings.session_api, clock, &mut report).await;
            environment::check_full_stack_auth(&mut report);
            environment::check_addresses(&settings, config, &mut report);
            environment::check_webhooks(&settings, &mut report);
        }
        IdentityProvider::Emulator => environment::check_emulator(has_emulator, &mut report),
    }
    environment::check_cookies(&settings, &mut report);
    environment::check_tls(&settings, &mut report);
    environment::check_proxies(&settings, &mut report);
    environment::check_limits(&settings, &mut report);
    report
}

/// Nothing else can be tried before all settings are right.
fn report_problems(problems: &Problems, report: &mut Report) {
    for problem in problems.iter() {
        let mut to_do = Vec::new();
        if !problem.example.is_empty() {
            to_do.push(format!("For example {}", problem.example));
        }
        if !problem.key.is_empty() {
            to_do.push(format!("in Leptos.toml it is {}", problem.key));
        }
        report.add("settings", Outcome::Failure, format!("{} {}", problem.variable, problem.what), to_do.join("; "));
    }
}
