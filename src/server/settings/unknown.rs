//! Names that no setting has: a misspelt setting must not be silently without effect.
//!
//! Every key of a settings file is ours, so an unknown one is a mistake. So is an unknown variable with one
//! of our prefixes. `APP_`, `MAX_` and `LEPTOS_` (and the table `package.metadata.leptos`) belong to
//! platforms, cargo-leptos and Leptos as well: there only what looks like a slip of the pen is refused.

use strsim::{damerau_levenshtein, normalized_damerau_levenshtein};
use toml::{Table, Value};

use super::{
    Problems, Source,
    table::{self, Setting},
};

/// Prefixes that nobody else has.
const OURS: [&str; 5] = ["SCALEKIT_", "SESSION_", "EMULATOR_", "METRICS_", "TLS_"];

/// Prefixes that others have too, and the table that is Leptos'.
const SHARED: [&str; 3] = ["APP_", "LEPTOS_", "MAX_"];
const SHARED_TABLE: &str = "package.metadata.leptos.";

/// Known names of others with a prefix of ours: X11's session manager sets this one on every desktop.
const OTHERS: [&str; 1] = ["SESSION_MANAGER"];

/// From here on two names are alike enough for a suggestion; 1 is equality.
const ALIKE: f64 = 0.7;

/// Adds a problem for each variable and each key of the file that no setting has.
pub(super) fn names(source: &Source, problems: &mut Problems) {
    let mut variables: Vec<_> = source.variables().filter(|(name, value)| is_unknown(name, value)).collect();
    variables.sort_unstable();
    for (name, _) in variables {
        let prefix = OURS.iter().find(|prefix| name.starts_with(**prefix));
        let (hint, example) = hint(name, |setting| setting.variable, prefix.copied().unwrap_or("APP_"));
        let example = example.map(|setting| format!("{}={}", setting.variable, setting.example));
        problems.add_other(name, format!("is not a setting; {hint}"), &example.unwrap_or_default());
    }
    let mut keys = Vec::new();
    collect_keys(source.file(), "", &mut keys);
    for key in keys.iter().filter(|key| is_unknown_key(key)) {
        let section = key.split_inclusive('.').next().unwrap_or(key);
        let (hint, example) = hint(key, |setting| setting.key, section);
        let example = example.and_then(|setting| {
            let (table, name) = setting.key.rsplit_once('.')?;
            Some(format!("[{table}] {name} = \"{}\"", setting.example))
        });
        let what = format!("in {} is not a setting; {hint}", source.file_name());
        problems.add_other(key, what, &example.unwrap_or_default());
    }
}

fn is_unknown(name: &str, value: &str) -> bool {
    let settings = || table::ALL.iter().map(|setting| setting.variable);
    if settings().any(|known| known == name) || OTHERS.contains(&name) || is_service_link(name, value) {
        return false;
    }
    if OURS.iter().any(|prefix| name.starts_with(prefix)) {
        return true;
    }
    let shared = SHARED.iter().find(|prefix| name.starts_with(**prefix));
    shared.is_some_and(|prefix| settings().any(|known| is_slip(name, known, prefix)))
}

fn is_unknown_key(key: &str) -> bool {
    let keys = || table::ALL.iter().map(|setting| setting.key).filter(|known| !known.is_empty());
    keys().all(|known| known != key)
        && (!key.starts_with(SHARED_TABLE) || keys().any(|known| is_slip(key, known, SHARED_TABLE)))
}

/// Whether a name is a known one, mistyped: one change, or one in three letters after the prefix; or written
/// out where the known one is short, such as `LEPTOS_ENVIRONMENT`.
fn is_slip(name: &str, known: &str, prefix: &str) -> bool {
    let Some(rest) = known.strip_prefix(prefix) else { return false };
    let is_longer = name.strip_prefix(known).is_some_and(|more| more.starts_with(|next: char| next.is_alphabetic()));
    is_longer || damerau_levenshtein(name, known) <= (rest.len() / 3).max(1)
}

/// Kubernetes and Docker tell of services in variables that begin with their name, maybe ours (Kubernetes
/// docs, "Service: environment variables"): `METRICS_SERVICE_HOST`, `METRICS_PORT_9090_TCP_ADDR` …
fn is_service_link(name: &str, value: &str) -> bool {
    let about_port =
        ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| name.contains(protocol)) && name.contains("_PORT_");
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || about_port
        || (name.ends_with("_PORT") && value.contains("://"))
}

/// The setting that is probably meant, or those that there are.
fn hint(name: &str, known: impl Fn(&Setting) -> &'static str, prefix: &str) -> (String, Option<&'static Setting>) {
    let likeness = |setting: &Setting| normalized_damerau_levenshtein(name, known(setting));
    let nearest = table::ALL.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    if let Some(setting) = nearest.filter(|setting| likeness(setting) >= ALIKE) {
        return (format!("did you mean {}?", known(setting)), Some(setting));
    }
    let relatives: Vec<_> = table::ALL.iter().map(known).filter(|known| known.starts_with(prefix)).collect();
    match &*relatives {
        [] => ("Leptos.toml and docs/settings.md have them all".to_owned(), None),
        relatives => (format!("there are {}", relatives.join(", ")), None),
    }
}

/// The dotted names of all values, and of tables without any, in alphabetical order.
fn collect_keys(table: &Table, parent: &str, keys: &mut Vec<String>) {
    for (name, value) in table {
        // A name with a dot in it is no path.
        let name = if name.contains('.') { format!("\"{name}\"") } else { name.clone() };
        let key = if parent.is_empty() { name } else { format!("{parent}.{name}") };
        match value {
            Value::Table(inner) if inner.is_empty() && is_section(&key) => {}
            Value::Table(inner) if !inner.is_empty() => collect_keys(inner, &key, keys),
            _ => keys.push(key),
        }
    }
}

/// Whether settings stand in this table.
fn is_section(key: &str) -> bool {
    let section = format!("{key}.");
    table::ALL.iter().any(|setting| setting.key.starts_with(&section))
}
