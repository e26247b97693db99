//! `SESSION_STORE`: where sessions are kept.
//!
//! The engine knows which addresses there are and how they are opened. This application adds its name, by
//! which it finds its sessions, and that production needs a store that outlives the process.

use scalekit_sessions::StoreAddress;

use super::Environment;
use crate::server::parts::Part;

/// The names that this application has sealed sessions under, and keeps them under in a Redis that others use
/// too: the first. They stay as they are when the project is given another name, or everybody is signed out.
/// The second is the template's own.
pub const APPLICATION_NAMES: [&str; 2] = ["leptos-scalekit", concat!("leptos-", "scalekit")];

/// An address that production would take.
#[must_use]
pub fn example_store() -> &'static str {
    if Part::Sqlite.is_here() { "sqlite:data/sessions.db" } else { "rediss://user:password@redis.example.com:6379" }
}

/// Why an address is refused, and one that would be right.
pub(super) struct Refusal {
    pub(super) why: String,
    pub(super) example: &'static str,
}

/// Reads `SESSION_STORE`.
pub(super) fn parse(text: &str, environment: Environment) -> Result<StoreAddress, Refusal> {
    let address = StoreAddress::parse(text, APPLICATION_NAMES[0])
        .map_err(|error| Refusal { why: error.to_string(), example: error.example().unwrap_or_else(example_store) })?;
    if environment == Environment::Production && !address.outlives_the_process() {
        let why = "is memory:, which loses every session at a restart; production needs a real store".to_owned();
        return Err(Refusal { why, example: example_store() });
    }
    Ok(address)
}
