//! The file that `sqlite:…` means.

use std::path::{Path, PathBuf};

/// The file at an address. Other libraries have spellings of their own; what they don't all read alike, or
/// what would only make an oddly named file, is refused: why, as the rest of a sentence.
pub(crate) fn file_of(text: &str) -> Result<PathBuf, String> {
    let path = match text.strip_prefix("//") {
        // `sqlite://data/sessions.db` and `sqlite:////var/lib/sessions.db` have one meaning each.
        Some(rest) if rest.starts_with("//") => &rest[1..],
        Some(rest) if rest.starts_with('/') => {
            let relative = rest.trim_start_matches('/');
            return Err(format!(
                "begins with sqlite:///, which is a relative path to some libraries and an absolute one to others; write sqlite:{relative} or sqlite:/{relative}"
            ));
        }
        Some(rest) => rest,
        None => text,
    };
    let why = if path.is_empty() {
        "names no file"
    } else if path.contains(":memory:") {
        "is a database in memory, which is written memory: here"
    } else if path.contains('?') {
        "has parameters (?…), which are not understood; write the path alone"
    } else if path.starts_with('~') || path.contains('$') {
        "has a ~ or $, which nothing fills in here; write the whole path"
    } else if path.contains('%') {
        "has a %; the path is taken as it stands, so write its characters themselves"
    } else if path.starts_with("localhost/") {
        "names a host; write the path alone"
    } else if path.ends_with(['/', '\\']) || Path::new(path).is_dir() {
        "is a folder; name a file in it"
    } else {
        return Ok(PathBuf::from(path));
    };
    Err(why.to_owned())
}
