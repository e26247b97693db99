//! How an event becomes one line of the log, whatever it holds: readable for people, or JSON for programs.
//!
//! What visitors, browsers and the provider wrote may get into a log. It must not begin a line of its own
//! there, move the cursor or turn the text around: control characters, line separators and marks of direction
//! are written as escapes. And an error is written with its causes, which the JSON format of
//! `tracing-subscriber` leaves out.

use std::{
    error::Error,
    fmt::{self, Debug},
};

use serde_json::{Map, Value, json};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{DefaultFields, Writer},
        time::{FormatTime as _, SystemTime},
    },
    registry::LookupSpan,
};

/// Fields as readable text, without colours: where an escape sequence stands, somebody else wrote it.
pub(super) struct ReadableFields;

impl<'writer> FormatFields<'writer> for ReadableFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut text = String::new();
        DefaultFields::new().format_fields(Writer::new(&mut text), fields)?;
        text.chars().try_for_each(|character| {
            if is_harmless(character) {
                writer.write_char(character)
            } else {
                write!(writer, "{}", character.escape_default())
            }
        })
    }
}

/// Events as one JSON object a line, with the members that the format of `tracing-subscriber` has.
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let mut fields = JsonFields::default();
        event.record(&mut fields);
        let mut spans = Vec::new();
        for span in context.event_scope().into_iter().flat_map(tracing_subscriber::registry::Scope::from_root) {
            let extensions = span.extensions();
            let text = extensions.get::<FormattedFields<N>>().map_or("{}", |formatted| &formatted.fields);
            let mut members: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
            members.insert("name".to_owned(), span.name().into());
            spans.push(Value::Object(members));
        }
        let line = json!({
            "timestamp": timestamp,
            "level": event.metadata().level().as_str(),
            "fields": fields.0,
            "target": event.metadata().target(),
            "spans": spans,
        });
        // Within JSON, such characters can only be part of a string.
        line.to_string().chars().try_for_each(|character| {
            if is_harmless(character) {
                writer.write_char(character)
            } else {
                write!(writer, "\\u{:04x}", u32::from(character))
            }
        })?;
        writeln!(writer)
    }
}

/// An error and its causes as one text. The useful part ("permission denied") is at its end.
#[must_use]
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[derive(Default)]
struct JsonFields(Map<String, Value>);

impl JsonFields {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for JsonFields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.add(field, u64::try_from(value).unwrap_or(u64::MAX));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add(field, with_causes(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format!("{value:?}"));
    }
}

/// Whether a character neither ends a line, nor speaks to a terminal, nor changes the direction of the text.
const fn is_harmless(character: char) -> bool {
    !matches!(
        character,
        '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::super::{Format, layer};

    /// An error with a cause.
    #[derive(Debug, thiserror::Error)]
    #[error("the store failed")]
    struct StoreError(#[from] Box<dyn std::error::Error + Send + Sync>);

    /// What people send who want to see more in a log than there is.
    const HOSTILE: &str = "a\r\n2026-01-01T00:00:00Z  INFO forged \x1b[2J\x1b]0;title\x07 \u{9b}31m \x08\x7f\0 \u{202e}b\u{2066} \u{2028}c\u{2029}\u{feff}\u{200b}";

    #[derive(Clone, Default)]
    struct LogBuffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for LogBuffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the log says.
    fn log(format: Format, colours: bool, events: impl FnOnce()) -> String {
        let kept = LogBuffer::default();
        let writer = kept.clone();
        let subscriber = tracing_subscriber::registry().with(layer(format, colours, move || writer.clone()));
        tracing::subscriber::with_default(subscriber, events);
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    /// Each way in which a value can get into a log.
    fn hostile_events() {
        let span = tracing::info_span!("request", debug = ?HOSTILE, display = %HOSTILE, text = HOSTILE, late = tracing::field::Empty);
        span.record("late", HOSTILE);
        let error = StoreError(HOSTILE.into());
        span.in_scope(|| {
            tracing::info!(display = %HOSTILE, debug = ?HOSTILE, text = HOSTILE, "hello");
            tracing::info!("hello {HOSTILE}");
            tracing::info!(error = &error as &dyn std::error::Error, "hello");
            tracing::info!(error = %error.0, list = ?[HOSTILE], "hello");
        });
    }

    #[test]
    fn logged_input_stays_within_its_line_and_moves_no_cursor() {
        for format in [Format::Readable, Format::Json] {
            let text = log(format, false, hostile_events);
            assert_eq!(text.lines().count(), 4, "{text}");
            assert!(text.lines().all(|line| line.contains("hello") && line.contains("forged")), "{text}");
            assert!(text.chars().all(|character| character == '\n' || super::is_harmless(character)), "{text:?}");
        }
    }

    #[test]
    fn colours_are_ours_alone() {
        let text = log(Format::Readable, true, hostile_events);
        let sequences = |text: &str| text.matches('\x1b').count();
        let plain = log(Format::Readable, true, || {
            let span = tracing::info_span!("request", display = "a");
            span.in_scope(|| (0..4).for_each(|_| tracing::info!("hello")));
        });
        assert!(sequences(&plain) > 0);
        assert_eq!(sequences(&text), sequences(&plain), "{text:?}");
        assert!(!text.contains("\x1b[2J") && !text.contains("\x1b]0"), "{text:?}");
    }

    #[test]
    fn as_json_each_line_is_an_object_that_gives_the_input_back() {
        let text = log(Format::Json, false, hostile_events);
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["fields"]["display"], HOSTILE);
        assert_eq!(lines[0]["fields"]["message"], "hello");
        assert_eq!(lines[0]["level"], "INFO");
        assert_eq!(lines[0]["spans"][0]["name"], "request");
        assert_eq!(lines[0]["spans"][0]["late"], HOSTILE);
        assert_eq!(lines[2]["fields"]["error"], format!("the store failed: {HOSTILE}"));
    }

    #[test]
    fn an_error_is_logged_with_its_causes_in_both_formats() {
        let error = StoreError("the disk is full".into());
        for format in [Format::Readable, Format::Json] {
            let text = log(format, false, || tracing::info!(error = &error as &dyn std::error::Error, "hello"));
            assert!(text.contains("the store failed") && text.contains("the disk is full"), "{text}");
        }
    }
}
