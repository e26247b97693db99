//! `--print-settings`.

use leptos_scalekit::server::settings::print as printer;

use super::*;

/// The printed line of a variable, its columns apart.
fn line(source: &Source, variable: &str) -> Vec<String> {
    let text = printer::effective(source);
    let line = text.lines().find(|line| line.split(' ').next() == Some(variable)).unwrap().to_owned();
    line.split("  ").map(str::trim).filter(|column| !column.is_empty()).map(str::to_owned).collect()
}

#[test]
fn each_setting_has_a_line_with_its_value_and_its_origin() {
    let source = source("[session]\nidle-minutes = 30", &[("SESSION_SECRET", "(unset)")]);
    assert_eq!(printer::effective(&source).lines().count(), table::ALL.len());
    assert_eq!(line(&source, "APP_URL"), ["APP_URL", "https://app.example.com", "environment"]);
    assert_eq!(line(&source, "SESSION_IDLE_MINUTES"), ["SESSION_IDLE_MINUTES", "30", "file Leptos.toml"]);
    assert_eq!(line(&source, "SESSION_MAX_PER_USER"), ["SESSION_MAX_PER_USER", "20", "default"]);
    assert_eq!(line(&source, "SESSION_SECRET"), ["SESSION_SECRET", "(not set)", "default"]);
    assert_eq!(line(&source, "SCALEKIT_CLIENT_SECRET"), ["SCALEKIT_CLIENT_SECRET", "***", "environment"]);
}

#[test]
fn a_port_that_decides_is_shown_to_do_so() {
    let source = source("", &[("PORT", "8080")]);
    assert_eq!(line(&source, "PORT"), ["PORT", "8080", "environment"]);
    assert_eq!(line(&source, "LEPTOS_SITE_ADDR"), ["LEPTOS_SITE_ADDR", "(PORT decides)", "default"]);
}

#[test]
fn the_columns_are_aligned() {
    let text = printer::effective(&source("", &[]));
    let origin = text.lines().map(|line| line.rfind("  ").unwrap()).collect::<std::collections::HashSet<_>>();
    assert_eq!(origin.len(), 1, "{text}");
}

#[test]
fn no_secret_is_shown_wherever_it_stands() {
    for (variable, value) in [
        ("SESSION_SECRET", "hunter2"),
        ("SCALEKIT_CLIENT_SECRET", "hunter2"),
        ("SCALEKIT_WEBHOOK_SECRET", "hunter2"),
        ("APP_URL", "https://user:hunter2@app.example.com"),
        ("SCALEKIT_ENVIRONMENT_URL", "https://user:hunter2@acme.scalekit.dev"),
        ("SESSION_STORE", "postgres://user:hunter2@db"),
        ("SESSION_STORE", "hunter2"),
        ("SESSION_STORE", "redis://:hunter2@redis.internal:7000"),
        ("SESSION_STORE", "redis://:hun#hunter2@redis.internal"),
        ("SESSION_STORE", "redis-cluster://user:hunter2@a?node=b"),
    ] {
        let text = printer::effective(&source("", &[(variable, value)]));
        assert!(!text.contains("hunter2"), "{text}");
    }
}

// part: redis {
#[test]
fn a_store_address_is_shown_without_its_password() {
    let source = source("", &[("SESSION_STORE", "rediss://app:hunter2@redis.internal/2")]);
    let shown = "rediss://app:***@redis.internal:6379/2?prefix=leptos-scalekit";
    assert_eq!(line(&source, "SESSION_STORE"), ["SESSION_STORE", shown, "environment"]);
}
// part: redis }

#[test]
fn a_value_can_not_add_a_line() {
    let text = printer::effective(&source("", &[("SCALEKIT_CLIENT_ID", "a\nSESSION_STORE  memory:\u{1b}[2J")]));
    assert_eq!(text.lines().count(), table::ALL.len(), "{text}");
    assert!(!text.contains('\u{1b}'));
}
