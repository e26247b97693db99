//! The only door between browser and server: view models (nouns) and server functions (verbs), by topic.
//!
//! - [`session`]: who is signed in, sign-in's last step, refresh, sign-out.
//! - [`profile`]: what the application knows about the signed-in person.
//! - [`dashboard`]: what the dashboard shows beside the session.
//! - [`organization`]: what an administrator may have of their organization.
//! - [`sessions`]: where the person is signed in, and ending that.
//!
//! Hardly any logic lives here: bodies ask `crate::server` and return. View models hold what a page shows,
//! never a token: all that a server function returns may be written into the HTML.

pub mod dashboard;
pub mod organization;
pub mod profile;
pub mod session;
pub mod sessions;
