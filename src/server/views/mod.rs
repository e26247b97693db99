//! What pages show: bodies of `api`'s server functions, a file for each there. Teams replace these first.
//!
//! - [`dashboard`], [`profile`], [`session_list`], [`organization`]: the view models of the file of that name
//!   in `api`. That of the session itself is in `auth::respond`, where it begins and ends.
//! - [`people`]: how people and organizations are named.
//! - [`session_api_permits`]: how often the provider is asked for its sessions.

pub mod dashboard;
pub mod organization;
pub mod people;
pub mod profile;
pub mod session_api_permits;
pub mod session_list;
