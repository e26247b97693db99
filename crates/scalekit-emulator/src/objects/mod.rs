//! Sessions, people and organizations as JSON, the way Scalekit writes them (scalekit-api §13).
//!
//! What for: the management API and the webhooks show the same objects; each shape stands here once.
//! Not here: who may see them (`endpoints::management`), how they are sent (`notify`).
//! Called by: `endpoints::management`, `notify::events`.

mod device;
mod session;
mod time;
mod user;

pub(crate) use session::{Status, revoked_session, session, status};
pub(crate) use time::rfc3339;
pub(crate) use user::{organization, user};
