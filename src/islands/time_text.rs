//! Points in time and spans as text. The server writes UTC; the browser puts the reader's own time in its
//! place, in a space that was reserved for it.

use js_sys::Date;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::browser::{self, schedule::milliseconds, watcher::Watcher};

/// A point in time: date and time of day, UTC from the server, local in the browser.
#[component]
pub fn TimeText(
    /// Unix seconds.
    #[prop(into)]
    at: Signal<i64>,
) -> impl IntoView {
    // There is one in the browser only.
    let is_local = use_context::<Watcher>().is_some();
    let text = move || if is_local { local_text(at.get()) } else { utc(at.get(), " ", " UTC") };

    view! {
        <time class="time" datetime=move || utc(at.get(), "T", "Z") title=move || utc(at.get(), " ", " UTC")>
            {text}
        </time>
    }
}

/// Puts the reader's own time in the place of UTC wherever the server drew a point in time. Not inside
/// islands, whose texts are their own.
pub fn show_local_times() {
    for time in browser::elements("time.time:not(.island *)") {
        let milliseconds = Date::parse(&time.get_attribute("datetime").unwrap_or_default());
        if !milliseconds.is_nan() {
            time.set_text_content(Some(&local_moment(&Date::new(&JsValue::from_f64(milliseconds)))));
        }
    }
}

/// How long ago, as of `now`: the server's clock when it answered. Exact time on demand. All in Unix seconds.
pub fn time_ago(at: i64, now: i64) -> impl IntoView {
    view! {
        <time datetime=utc(at, "T", "Z") title=utc(at, " ", " UTC")>
            {ago(now - at)}
        </time>
    }
}

/// A span that has passed, in its largest unit. What is known to the minute is `just now` for two of them.
fn ago(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..120 => return "just now".to_owned(),
        120..3_600 => (seconds / 60, " minute"),
        3_600..86_400 => (seconds / 3_600, " hour"),
        _ => (seconds / 86_400, " day"),
    };
    [count.to_string().as_str(), unit, if count == 1 { "" } else { "s" }, " ago"].concat()
}

/// Minutes and seconds, `4:05`; with hours from one hour on. Nothing below zero.
#[must_use]
pub fn countdown(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let mut text = String::new();
    if hours > 0 {
        text.push_str(&hours.to_string());
        text.push(':');
        push_padded(&mut text, minutes);
    } else {
        text.push_str(&minutes.to_string());
    }
    text.push(':');
    push_padded(&mut text, seconds % 60);
    text
}

fn local_text(seconds: i64) -> String {
    local_moment(&Date::new(&JsValue::from_f64(milliseconds(seconds))))
}

fn local_moment(date: &Date) -> String {
    moment(
        [i64::from(date.get_full_year()), i64::from(date.get_month()) + 1, i64::from(date.get_date())],
        [i64::from(date.get_hours()), i64::from(date.get_minutes()), i64::from(date.get_seconds())],
        " ",
        "",
    )
}

fn utc(seconds: i64, between: &str, zone: &str) -> String {
    let second = seconds.rem_euclid(86_400);
    moment(civil_date(seconds.div_euclid(86_400)), [second / 3600, second / 60 % 60, second % 60], between, zone)
}

fn moment(date: [i64; 3], time: [i64; 3], between: &str, zone: &str) -> String {
    let mut text = date[0].to_string();
    for part in &date[1..] {
        text.push('-');
        push_padded(&mut text, *part);
    }
    text.push_str(between);
    for (index, part) in time.iter().enumerate() {
        if index > 0 {
            text.push(':');
        }
        push_padded(&mut text, *part);
    }
    text.push_str(zone);
    text
}

fn push_padded(text: &mut String, number: i64) {
    if number < 10 {
        text.push('0');
    }
    text.push_str(&number.to_string());
}

/// Year, month and day of a day counted from 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil_date(day: i64) -> [i64; 3] {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    [year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_text_is_right_at_borders() {
        assert_eq!(utc(0, "T", "Z"), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_399, " ", " UTC"), "2000-02-28 23:59:59 UTC");
        assert_eq!(utc(951_782_400, " ", " UTC"), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(1_798_761_600, "T", "Z"), "2027-01-01T00:00:00Z");
    }

    #[test]
    fn span_is_told_in_its_largest_unit() {
        assert_eq!(ago(-5), "just now");
        assert_eq!(ago(119), "just now");
        assert_eq!(ago(120), "2 minutes ago");
        assert_eq!(ago(3_600), "1 hour ago");
        assert_eq!(ago(86_399), "23 hours ago");
        assert_eq!(ago(40 * 86_400), "40 days ago");
    }

    #[test]
    fn countdown_pads_seconds_and_stops_at_zero() {
        assert_eq!(countdown(245), "4:05");
        assert_eq!(countdown(3_661), "1:01:01");
        assert_eq!(countdown(-3), "0:00");
    }
}
