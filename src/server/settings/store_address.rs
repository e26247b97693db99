//! `SESSION_STORE`: where sessions are kept.
//!
//! Not here: opening the store, which `server::state` does.

use std::fmt;
use std::path::PathBuf; // part: sqlite

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
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))), // part: sqlite
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
