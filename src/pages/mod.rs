//! One page a file. A page reads view models through server functions and shows them; it decides nothing: who may open it
//! stands in the table of `access`, and the server enforces it.
//!
//! The parts of each file are the same: the page component (its data first, then frame and content), then its pieces.
//! Data is asked for before anything is awaited, so that server and browser number them alike.

pub mod callback;
pub mod dashboard;
pub mod landing;
pub mod logged_out;
pub mod login;
pub mod not_found;
pub mod profile;
pub mod sessions;
