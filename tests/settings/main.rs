//! Settings as the process reads them: each refusal with its exact message, what is shown, and how the
//! sources override each other. One file a topic.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop with the reason")]

mod doctor;
mod documents;
mod print;
mod rate_limits;
mod refusals;
mod sources;
mod unknown;
mod waits;

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use leptos_scalekit::server::{parts::Part, settings::*};

/// A key as `openssl rand` makes it: none that stands in a source may be accepted.
fn random_key() -> String {
    let mut key = [0; 32];
    aws_lc_rs::rand::fill(&mut key).unwrap();
    STANDARD.encode(key)
}

/// Production settings that are right, with some variables changed.
fn source(file: &str, changes: &[(&str, &str)]) -> Source {
    let secret = random_key();
    let mut variables: HashMap<String, String> = [
        ("LEPTOS_ENV", "PROD"),
        ("APP_URL", "https://app.example.com"),
        ("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.com"),
        ("SCALEKIT_CLIENT_ID", "skc_1234567890"),
        ("SCALEKIT_CLIENT_SECRET", CLIENT_SECRET),
        ("SESSION_SECRET", &secret),
        ("SESSION_STORE", example_store()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for (name, value) in changes {
        variables.insert((*name).to_owned(), (*value).to_owned());
    }
    variables.retain(|_, value| value != "(unset)");
    Source::from_parts(file, variables)
}

/// The settings file that is part of the binary.
const EMBEDDED: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Leptos.toml"));

const CLIENT_SECRET: &str = "live_q7Jw2mZr8Kx4Pd6N";

fn load(changes: &[(&str, &str)]) -> Result<Settings, Problems> {
    Settings::from_source(&source("", changes))
}

fn load_with_file(file: &str, changes: &[(&str, &str)]) -> Result<Settings, Problems> {
    Settings::from_source(&source(file, changes))
}

/// What is wrong, as "VARIABLE what".
fn problems(found: Result<Settings, Problems>) -> Vec<String> {
    found.unwrap_err().iter().map(|problem| format!("{} {}", problem.variable, problem.what)).collect()
}

/// The one problem that a change causes.
fn problem(changes: &[(&str, &str)]) -> String {
    let found = problems(load(changes));
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

// part: template {
/// Tests pass over what a build doesn't have. This repository has everything, so nothing is passed over here.
#[test]
fn every_part_is_here() {
    for part in [Part::Sqlite, Part::Redis, Part::Metrics, Part::Webhooks] {
        assert!(part.is_here(), "{part:?}");
    }
}
// part: template }
