//! `SESSION_STORE`: where sessions are kept.
//!
//! Not here: opening the store, which `server::state` does.

use std::fmt;
use std::path::{Path, PathBuf}; // part: sqlite

use super::Environment;
use crate::server::session::redis::RedisAddress; // part: redis

/// Where sessions are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreAddress {
    // part: sqlite {
    /// An SQLite database file.
    Sqlite(PathBuf),
    // part: sqlite }
    // part: redis {
    /// A Redis, for several replicas.
    Redis(RedisAddress),
    // part: redis }
    /// The process's memory: for tests.
    Memory,
}

/// Why an address is refused, and one that would be right.
pub(super) struct Refusal {
    pub(super) why: String,
    pub(super) example: &'static str,
}

impl StoreAddress {
    /// One that production would take.
    pub const EXAMPLE: &str = "sqlite:data/sessions.db"; // part: sqlite
    // without sqlite: pub const EXAMPLE: &str = "rediss://user:password@redis.example.com:6379";

    pub(super) fn parse(text: &str, environment: Environment) -> Result<Self, Refusal> {
        let refuse = |why: &str| Err(Refusal { why: why.to_owned(), example: Self::EXAMPLE });
        // part: redis {
        if RedisAddress::is_meant_by(text) {
            return RedisAddress::parse(text).map(Self::Redis).map_err(|error| Refusal {
                why: error.to_string(),
                example: "rediss://user:password@redis.example.com:6379",
            });
        }
        // part: redis }
        match text.split_once(':') {
            Some(("sqlite", path)) => sqlite_path(path).map(Self::Sqlite).or_else(|why| refuse(&why)), // part: sqlite
            Some(("memory", "")) if environment == Environment::Development => Ok(Self::Memory),
            Some(("memory", "")) => {
                refuse("is memory:, which loses every session at a restart; production needs a real store")
            }
            _ => refuse("is not a store address"),
        }
    }

    /// Whether sessions outlive the process.
    #[must_use]
    pub const fn outlives_the_process(&self) -> bool {
        !matches!(self, Self::Memory)
    }
}

// part: sqlite {
/// The file that `sqlite:…` means. Other libraries have spellings of their own; what they don't all read alike, or what would only
/// make an oddly named file, is refused.
fn sqlite_path(text: &str) -> Result<PathBuf, String> {
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
// part: sqlite }

/// Everything but what lets one in.
impl fmt::Display for StoreAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()), // part: sqlite
            Self::Redis(address) => address.fmt(formatter),                       // part: redis
            Self::Memory => formatter.write_str("memory:"),
        }
    }
}
