//! What the watcher has to tell the person. How it looks: `islands::session_notice`.

/// What the person should know about the session.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Notice {
    /// Nothing.
    #[default]
    Quiet,
    /// The server or the provider can't be reached; the session is kept.
    Retrying,
    /// The session is over.
    Ended,
}
