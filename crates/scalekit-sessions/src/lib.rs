//! Staying signed in, for any Rust server: sessions whose people sign in through Scalekit.
//!
//! What for: keeps a person's session in a store of yours, its tokens sealed; finds it for each request, refreshes it once whoever asks
//! and on whatever replica, and ends it by its owner's or the provider's word. Not here: HTTP, cookies, routes, pages. Bytes and values
//! go in, values come out. The protocol is the `scalekit` crate's.
//!
//! - [`Sessions`]: begins, finds, refreshes and ends sessions.
//! - [`Session`]: what is known of a signed-in person. [`Limits`]: for how long. [`Device`]: what they signed in with.
//! - [`id`]: the cookie's identifier, and the hashes by which stores know things.
//! - [`KeyRing`]: encrypts what leaves the process. [`record`]: a session to sealed record, and back.
//! - [`SessionStore`]: what a store does. [`MemoryStore`] is for tests, `sqlite` and `redis` are features; [`StoreAddress`] names one.
//!   The feature `contract` has the tests that a store of your own must pass.
//! - [`metrics`]: what is counted and measured, over the `metrics` facade.
//! - [`Patience`]: how long who waits for whom. [`Clock`]: the time, injected.
//!
//! # Features
//!
//! - `sqlite`: sessions in a file, for one machine.
//! - `redis`: sessions in Redis, for several replicas.
//! - `contract`: the tests of a store.

mod activity;
mod address;
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
mod memory;
pub mod metrics;
mod observed;
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

pub use address::{StoreAddress, StoreAddressError, StoreOpenError, open_store};
pub use clock::{CautiousTime, Clock};
pub use device::{Device, DeviceKind};
pub use ending::Listed;
pub use exchanges::{EXCHANGES_AT_ONCE, Exchanges};
pub use id::{NoRandomness, SessionId, SessionKey};
pub use in_flight::SignedInAt;
pub use limits::Limits;
pub use memory::MemoryStore;
pub use patience::{LONGEST_TOKEN_CALL, Patience};
pub use refresh::circuit::TOKEN_CALLS_AT_ONCE;
pub use seal::{KeyRing, KeyRingError, Purpose, SealError};
pub use session::{Freshness, Identity, Person, Refusal, Session, SessionTokens};
pub use sessions::{BeginError, Current, Presence, Sessions};
pub use store::{Record, Replaced, SessionStore, StoreError};
