//! How a refresh ends: done, later (the session is kept), never (it has ended).

use std::sync::Arc;

use crate::session::Session;

/// How a refresh ended.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// The session has a good access token.
    Done(Arc<Session>),
    /// Not now; the session is kept.
    Later {
        /// Seconds after which another attempt makes sense.
        retry_after: u32,
    },
    /// The session has ended.
    Never,
}
