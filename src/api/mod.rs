//! The only door between browser and server: what the browser does (server functions, verbs) and what it is
//! told (view models, nouns), by topic. What only pages show is not here: the server draws it
//! (`server::views`).
//!
//! - [`session`]: who is signed in, sign-in's last step, refresh, sign-out.
//! - [`organization`]: what an administrator may have of their organization.
//! - [`sessions`]: the end of sessions in the list.
//!
//! Hardly any logic lives here: bodies ask `crate::server` and return. View models hold what a page shows,
//! never a token: all that a server function returns may be written into the HTML.

pub mod organization;
pub mod session;
pub mod sessions;
