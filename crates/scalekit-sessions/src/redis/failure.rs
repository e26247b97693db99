//! What goes wrong with Redis, in words that may go to a log: no keys, no values, no password.

use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::store::StoreError;

/// Why a call to Redis failed. For the log; visitors see "temporarily unavailable".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedisFailure {
    /// No connection; so nothing was sent.
    #[error("Redis can't be reached: {0}")]
    Unreachable(String),
    /// A connection, but no answer. Whether the command took effect is unknown.
    #[error("Redis did not answer within {0:?}")]
    Silent(Duration),
    /// The connection broke, or the server can't serve now. Whether the command took effect is unknown.
    #[error("the connection to Redis failed: {0}")]
    Broken(String),
    /// The server refused the command.
    #[error("Redis refused: {0}")]
    Refused(String),
    /// What is stored isn't what this release stores.
    #[error("what Redis has is damaged: {0}")]
    Damaged(&'static str),
    /// A new session's key exists.
    #[error("a new session's key exists already")]
    Exists,
    /// The operating system gave no randomness.
    #[error(transparent)]
    NoRandomness(#[from] crate::id::NoRandomness),
}

impl RedisFailure {
    pub(super) fn of(error: &RedisError) -> Self {
        let words = describe(error);
        match error.kind() {
            // The server takes no writes (a demoted one), lost its master or is no cluster: another may be
            // right by now.
            ErrorKind::Server(
                ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown | ServerErrorKind::ClusterDown,
            ) => Self::Broken(words),
            _ if error.code() == Some("WRONGTYPE") => Self::Damaged("a key holds something of another type"),
            ErrorKind::Server(_) | ErrorKind::Extension => Self::Refused(words),
            _ => Self::Broken(words),
        }
    }

    /// Whether another connection may fare better.
    pub(super) const fn is_of_the_connection(&self) -> bool {
        matches!(self, Self::Silent(_) | Self::Broken(_))
    }
}

impl From<RedisFailure> for StoreError {
    fn from(failure: RedisFailure) -> Self {
        Self(Box::new(failure))
    }
}

/// The error in words. Of what a server says only the code is taken, because servers quote arguments: keys,
/// and at sign-in the password.
pub(super) fn describe(error: &RedisError) -> String {
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => error.code().unwrap_or("unknown error").to_owned(),
        ErrorKind::Io => error.to_string(),
        _ => error.category().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_quotes_is_not_repeated() {
        let said = "unknown command 'AUTH', with args beginning with: 'hunter2'".to_owned();
        let error = redis::make_extension_error("ERR".to_owned(), Some(said));
        assert_eq!(RedisFailure::of(&error), RedisFailure::Refused("ERR".to_owned()));
    }
}
