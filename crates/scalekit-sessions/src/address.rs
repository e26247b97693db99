//! Where sessions are kept, as one line of text, and how that place is opened.
//!
//! Which kinds there are depends on the features; a text of a kind that is left out is no address.

use std::{fmt, sync::Arc};

#[cfg(feature = "redis")]
use crate::redis::{RedisAddress, RedisOpenError, RedisStore};
#[cfg(feature = "sqlite")]
use crate::sqlite::{self, SqliteStore};
use crate::{memory::MemoryStore, store::SessionStore};

/// Where sessions are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreAddress {
    /// An SQLite database file: `sqlite:PATH`.
    #[cfg(feature = "sqlite")]
    Sqlite(std::path::PathBuf),
    /// A Redis, for several replicas: `redis://…` and its like.
    #[cfg(feature = "redis")]
    Redis(RedisAddress),
    /// The process's memory, `memory:`. For tests: a restart loses every session.
    Memory,
}

/// Why a text is no store address; continues a sentence that begins with the setting's name. Never quotes a
/// password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct StoreAddressError {
    why: String,
    example: Option<&'static str>,
}

impl StoreAddressError {
    /// A right address of the kind that was meant, if one was.
    #[must_use]
    pub const fn example(&self) -> Option<&'static str> {
        self.example
    }
}

/// A store can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreOpenError {
    /// The database file can't be opened.
    #[cfg(feature = "sqlite")]
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    /// The address of the Redis can't be used. That it is down is no reason: it is connected to when it is
    /// needed.
    #[cfg(feature = "redis")]
    #[error(transparent)]
    Redis(#[from] RedisOpenError),
}

impl StoreAddress {
    /// Reads an address. `redis_prefix` is what every key in a Redis begins with unless the address says
    /// otherwise: the application's name, and always the same one, or its sessions are not found any more.
    ///
    /// # Errors
    /// [`StoreAddressError`] says what is wrong.
    #[cfg_attr(not(feature = "redis"), expect(unused_variables, reason = "only Redis needs a prefix"))]
    pub fn parse(text: &str, redis_prefix: &str) -> Result<Self, StoreAddressError> {
        #[cfg(feature = "redis")]
        if RedisAddress::is_meant_by(text) {
            return RedisAddress::parse(text, redis_prefix).map(Self::Redis).map_err(|error| StoreAddressError {
                why: error.to_string(),
                example: Some("rediss://user:password@redis.example.com:6379"),
            });
        }
        match text.split_once(':') {
            #[cfg(feature = "sqlite")]
            Some(("sqlite", path)) => sqlite::file_of(path)
                .map(Self::Sqlite)
                .map_err(|why| StoreAddressError { why, example: Some("sqlite:data/sessions.db") }),
            Some(("memory", "")) => Ok(Self::Memory),
            #[cfg(not(feature = "sqlite"))]
            Some(("sqlite", _)) => Err(StoreAddressError {
                why: "names an SQLite file, which this build can't open".to_owned(),
                example: None,
            }),
            #[cfg(not(feature = "redis"))]
            Some((scheme, _)) if scheme.starts_with("redis") => {
                Err(StoreAddressError { why: "names a Redis, which this build can't use".to_owned(), example: None })
            }
            _ => Err(StoreAddressError { why: "is not a store address".to_owned(), example: None }),
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
            #[cfg(feature = "sqlite")]
            Self::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            #[cfg(feature = "redis")]
            Self::Redis(address) => address.fmt(formatter),
            Self::Memory => formatter.write_str("memory:"),
        }
    }
}

/// Opens the store at an address. One on a network is connected to when it is needed.
///
/// # Errors
/// [`StoreOpenError`] if it can't be opened.
pub fn open_store(address: &StoreAddress) -> Result<Arc<dyn SessionStore>, StoreOpenError> {
    Ok(match address {
        #[cfg(feature = "sqlite")]
        StoreAddress::Sqlite(path) => Arc::new(SqliteStore::open(path)?),
        #[cfg(feature = "redis")]
        StoreAddress::Redis(address) => Arc::new(RedisStore::open(address)?),
        StoreAddress::Memory => Arc::new(MemoryStore::default()),
    })
}
