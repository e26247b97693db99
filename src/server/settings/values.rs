//! Values of a kind that several settings share.

use super::{Problems, Source, table::Setting};

pub(super) fn switch(source: &Source, setting: Setting, problems: &mut Problems) -> Option<bool> {
    match source.text(setting).as_deref() {
        Some("on" | "true") => Some(true),
        Some("off" | "false") => Some(false),
        other => {
            problems.add(setting, format!("is {:?}; it must be on or off", other.unwrap_or("")));
            None
        }
    }
}

/// What stands between the commas.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

pub(super) fn number<T: std::str::FromStr>(
    source: &Source,
    setting: Setting,
    wanted: &str,
    problems: &mut Problems,
) -> Option<T> {
    let text = source.text(setting).unwrap_or_default();
    let parsed = text.parse().ok();
    if parsed.is_none() {
        problems.add(setting, format!("is {text:?}; it must be {wanted} such as {}", setting.example));
    }
    parsed
}
