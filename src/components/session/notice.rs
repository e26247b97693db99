//! What the watcher has to tell the person. How it looks: `ended`.

/// What the person should know about the session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Nothing.
    Quiet,
    /// The server or the provider can't be reached; the session is kept.
    Retrying,
    /// The session is over.
    Ended,
}
