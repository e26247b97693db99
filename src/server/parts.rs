//! What this build has of what a team may leave out (`docs/removing-parts.md`). Settings of what is not there
//! are named in the log, the doctor is silent about it, and tests ask here whether their subject is there.

use scalekit_sessions::StoreAddress;

/// A part of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Sessions in an SQLite file: a feature of the engine.
    Sqlite,
    /// Sessions in Redis: a feature of the engine.
    Redis,
    /// What Prometheus asks for.
    Metrics,
    /// Signed events of the Scalekit environment.
    Webhooks,
}

/// Those that are files here.
const HERE: &[Part] = &[
    Part::Metrics,  // part: metrics
    Part::Webhooks, // part: webhooks
];

impl Part {
    /// Whether this build has it.
    #[must_use]
    pub fn is_here(self) -> bool {
        let opens = |address| StoreAddress::parse(address, "anything").is_ok();
        match self {
            Self::Sqlite => opens("sqlite:sessions.db"),
            Self::Redis => opens("redis://localhost"),
            Self::Metrics | Self::Webhooks => HERE.contains(&self),
        }
    }
}
