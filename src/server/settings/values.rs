//! Values of a kind that several settings share.

use super::{Problems, Source};

pub(super) fn switch(
    source: &Source,
    variable: &'static str,
    key: &'static str,
    problems: &mut Problems,
) -> Option<bool> {
    match source.text(variable, key).as_deref() {
        Some("on" | "true") => Some(true),
        Some("off" | "false") => Some(false),
        other => {
            let what = format!("is {:?}; it must be on or off", other.unwrap_or(""));
            problems.add(variable, key, what, &format!("{variable}=on"));
            None
        }
    }
}

pub(super) fn number<T: std::str::FromStr>(
    source: &Source,
    variable: &'static str,
    key: &'static str,
    wanted: &str,
    problems: &mut Problems,
) -> Option<T> {
    let text = source.text(variable, key).unwrap_or_default();
    let parsed = text.parse().ok();
    if parsed.is_none() {
        problems.add(variable, key, format!("is {text:?}; it must be {wanted}"), "");
    }
    parsed
}
