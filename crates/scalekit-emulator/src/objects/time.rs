//! Times as text.
//!
//! What for: RFC 3339 in UTC with whole seconds, which is all the emulator's clock knows.
//! Not here: reading them.
//! Called by: `objects`, `notify::events`.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Seconds since the epoch as, for example, `2026-02-28T09:30:00Z`. Empty for a moment that no calendar has.
pub(crate) fn rfc3339(seconds: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(seconds).ok();
    moment.and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_are_written_as_calendars_have_them() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (1_772_271_000, "2026-02-28T09:30:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }
}
