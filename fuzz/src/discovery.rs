//! What an environment says about itself: only a whole document is one, read as any JSON reader reads it, and
//! fit for a log.
//!
//! Input: a line with status and `Date` header, and the body.

use scalekit::discovery::read_response;
use serde_json::Value;

use super::edits::first_line;

/// The property.
pub fn check(input: &[u8]) {
    let (line, body) = first_line(input);
    let line = String::from_utf8_lossy(line);
    let (status, date) = line.split_once(' ').map_or((&*line, None), |(status, date)| (status, Some(date)));
    let Ok(status) = status.parse() else { return };
    let Ok(found) = read_response(status, date, body) else { return };
    assert_eq!(status, 200);
    // What nobody reads need not be readable: half a surrogate pair, for example.
    let Ok(document) = serde_json::from_slice::<Value>(body) else { return };
    assert!(document.is_object());
    assert_eq!(document["issuer"], found.issuer.as_str());
    assert!(found.date.is_none_or(|seconds| seconds >= 0), "a time before all time");
    if let Some(text) = found.issuer_text() {
        assert!(!text.as_str().contains(char::is_control), "{text:?} breaks a line of the log");
        assert!(text.as_str().chars().count() <= 301, "{text:?} fills the log");
    }
}
