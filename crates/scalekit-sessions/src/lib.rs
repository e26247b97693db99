#![warn(missing_docs)]
#![doc = include_str!("../README.md")]
//!
//! # Layout
//!
//! - [`Sessions`]: begins, finds, refreshes and ends sessions.
//! - [`Session`]: what is known of a signed-in person. [`Limits`]: for how long. [`Device`]: what they signed
//!   in with.
//! - [`id`]: the cookie's identifier, and the hashes by which stores know things.
//! - [`KeyRing`]: encrypts what leaves the process. [`record`]: a session to sealed record, and back.
//! - [`SessionStore`]: what a store does. [`MemoryStore`] is for tests, `sqlite` and `redis` are features;
//!   [`StoreAddress`] names one. The feature `contract` has the tests that a store of your own must pass.
//! - [`metrics`]: what is counted and measured, over the `metrics` facade.
//! - [`Patience`]: how long who waits for whom. [`Clock`]: the time, injected.

mod activity;
mod address;
mod app_data;
mod begin;
mod clock;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod device;
mod ending;
mod exchanges;
pub mod id;
mod in_flight;
mod lease;
mod limits;
mod login;
mod memory;
pub mod metrics;
mod notices;
mod observed;
mod once;
mod patience;
pub mod record;
#[cfg(feature = "redis")]
pub mod redis;
mod refresh;
mod seal;
mod session;
mod sessions;
mod shared;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod update;

pub use address::{StoreAddress, StoreAddressError, StoreOpenError, open_store};
pub use app_data::{APP_DATA_BYTES, AppData, AppDataError};
pub use clock::Clock;
pub use device::{Device, DeviceKind};
pub use ending::{ListedSession, LogoutHint, provider_session_handle};
pub use exchanges::EXCHANGES_AT_ONCE;
pub use id::{NoRandomness, SessionId, SessionKey};
pub use limits::Limits;
pub use login::{
    BeginLoginError, Browser, FinishedLogin, LOGIN_LIFETIME, LoginCookies, LoginOrigin, LoginProblem, LoginRefused,
    StartedLogin,
};
pub use memory::MemoryStore;
pub use notices::{ProviderEnded, TakenLogoutToken};
pub use once::{Handled, LONGEST_WORK};
pub use patience::{LONGEST_TOKEN_CALL, Patience, RETRY_SECONDS};
pub use refresh::circuit_breaker::TOKEN_CALLS_AT_ONCE;
pub use seal::{KeyRing, KeyRingError, Purpose, SealError};
pub use session::{Freshness, Identity, Person, Refusal, Session, SessionTokens};
pub use sessions::{Current, Presence, Sessions};
pub use store::{Record, Replaced, SessionStore, StoreError};
pub use update::UpdateError;
