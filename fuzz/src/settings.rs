//! Settings: any file and any environment are either refused, with names that a person can find, or keep the
//! rules of the environment they are for. Neither a refusal nor the list of settings shows a secret.
//!
//! Input: lines `NAME=value`, an empty line, and the settings file.

use std::collections::HashMap;

use leptos_scalekit::server::settings::{
    Environment, IdentityProvider, Settings, Source, print,
    table::{self, Shown},
};
use scalekit::is_loopback;
use toml::{Table, Value};

/// Shorter secrets may stand in a message by chance.
const LONG: usize = 8;
/// In development, a process without a key makes one and writes it to the disk, which is not to happen here.
const KEY: (&str, &str) = ("SESSION_SECRET", "mGpMnHjN5cDJMuX2Ct8Yi9Lqf7eZ0uKrT1bV3wQaSxE=");

/// The property.
pub fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (lines, file) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut variables: HashMap<String, String> = lines
        .lines()
        .filter_map(|line| line.split_once('='))
        // What no environment can hold.
        .filter(|(name, value)| !name.is_empty() && !name.contains('\0') && !value.contains('\0'))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    if shows(&print::effective(&Source::from_parts(file, variables.clone())), KEY.0, "(not set)") {
        variables.insert(KEY.0.to_owned(), KEY.1.to_owned());
    }
    let source = Source::from_parts(file, variables.clone());
    let printed = print::effective(&source);
    assert_eq!(printed.lines().count(), table::ALL.len(), "not one line a setting");

    let said = match Settings::from_source(&source) {
        Ok(settings) => {
            check_rules(&settings);
            format!("{settings:?}")
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            for problem in problems.iter() {
                let known = table::ALL.iter().any(|setting| setting.variable == problem.variable);
                let given = variables.contains_key(&problem.variable) || problem.key.is_empty();
                assert!(known || given, "{} is nothing that anybody can correct", problem.variable);
                assert!(!problem.what.is_empty());
            }
            problems.to_string()
        }
    };
    for secret in secrets(&variables, file) {
        assert!(!printed.contains(&secret), "the list of settings shows a secret");
        assert!(!said.contains(&secret), "{said} shows a secret");
    }
}

/// What production promises.
fn check_rules(settings: &Settings) {
    assert!(settings.app_url.scheme() == "https" || is_loopback(&settings.app_url), "plain http over a network");
    assert!(settings.app_url.password().is_none() && settings.app_url.path() == "/");
    if settings.environment != Environment::Production {
        return;
    }
    assert!(settings.store.outlives_the_process(), "sessions that a restart ends");
    let client_id = match &settings.provider {
        IdentityProvider::Emulator => panic!("an emulator in production"),
        IdentityProvider::Scalekit(config) => config.client_id(),
    };
    assert_ne!(client_id, "skc_emulator", "an emulator's client in production");
}

/// Whether the list says `value` about a setting.
fn shows(printed: &str, variable: &str, value: &str) -> bool {
    printed.lines().any(|line| {
        line.split_once("  ").is_some_and(|(name, rest)| name == variable && rest.trim_start().starts_with(value))
    })
}

/// The secrets among the settings, but for those that stand elsewhere, too, where anybody may read them.
fn secrets(variables: &HashMap<String, String>, file: &str) -> Vec<String> {
    let table = file.parse::<Table>().unwrap_or_default();
    let mut found = Vec::new();
    for setting in table::ALL.iter().filter(|setting| setting.shown == Shown::Nothing) {
        found.extend(variables.get(setting.variable).map(|value| value.trim().to_owned()));
        let (section, name) = setting.key.split_once('.').unwrap();
        found.extend(table.get(section).and_then(|section| Some(section.get(name)?.as_str()?.trim().to_owned())));
    }
    let empty = Source::from_parts("", HashMap::new());
    let public = |secret: &str| {
        let hidden =
            |name: &str| table::ALL.iter().any(|known| known.variable == name && known.shown == Shown::Nothing);
        let mut open = variables.iter().filter(|(name, _)| !hidden(name));
        print::effective(&empty).contains(secret)
            || table::ALL.iter().any(|known| known.key.contains(secret) || example(known).contains(secret))
            || open.any(|(name, value)| name.contains(secret) || value.contains(secret))
            || variables.keys().any(|name| name.contains(secret))
            || texts(&table).iter().filter(|text| text.contains(secret)).count() > 1
    };
    found.retain(|secret| secret.len() >= LONG && !public(secret));
    found
}

/// The line that a refusal suggests.
fn example(setting: &table::Setting) -> String {
    format!("{}={}", setting.variable, setting.example)
}

/// Every name and text of the file.
fn texts(table: &Table) -> Vec<String> {
    let mut all = Vec::new();
    for (name, value) in table {
        all.push(name.clone());
        match value {
            Value::Table(inner) => all.extend(texts(inner)),
            other => all.push(other.to_string()),
        }
    }
    all
}
