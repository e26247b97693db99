//! `--print-settings`: every effective value and where it comes from, without secrets.

use std::fmt::Write as _;

use url::Url;

use super::{
    Environment, Source,
    application::is_port_in_force,
    proxy, store_address,
    table::{self, LEPTOS_SITE_ADDR, Setting, Shown},
};

/// What stands in place of a secret.
const MASK: &str = "***";

/// One line a setting: variable, value, origin, in columns. Checks nothing.
#[must_use]
pub fn effective(source: &Source) -> String {
    let rows: Vec<_> =
        table::ALL.iter().map(|setting| (setting.variable, shown(source, *setting), source.origin(*setting))).collect();
    let names = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
    let values = rows.iter().map(|(_, value, _)| value.chars().count()).max().unwrap_or(0);
    rows.iter().fold(String::new(), |mut text, (name, value, origin)| {
        // Writing to a string can't fail.
        let _ = writeln!(text, "{name:names$}  {value:values$}  {origin}");
        text
    })
}

/// What may be shown of a setting's value, on one line.
fn shown(source: &Source, setting: Setting) -> String {
    if setting == LEPTOS_SITE_ADDR && is_port_in_force(source) {
        return "(PORT decides)".to_owned();
    }
    let value = source.text(setting).unwrap_or_default();
    if value.is_empty() {
        return "(not set)".to_owned();
    }
    let shown = match setting.shown {
        Shown::Nothing => MASK.to_owned(),
        Shown::Address => address(&value),
        Shown::Proxy => proxy::shown(&value).unwrap_or_else(|| MASK.to_owned()),
        Shown::Whole => without_password(&value),
    };
    shown.chars().map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}

/// An address that can't be read may hold its password anywhere.
fn address(value: &str) -> String {
    match store_address::parse(value, Environment::Development) {
        Ok(address) => address.to_string(),
        Err(_) => MASK.to_owned(),
    }
}

/// No setting of this kind may hold a password; one that does is refused, and must not be shown all the same.
fn without_password(value: &str) -> String {
    match Url::parse(value) {
        Ok(mut url) if url.password().is_some() => match url.set_password(Some(MASK)) {
            Ok(()) => url.to_string(),
            Err(()) => MASK.to_owned(),
        },
        _ => value.to_owned(),
    }
}
