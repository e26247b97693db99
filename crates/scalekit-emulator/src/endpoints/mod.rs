//! The protocol: one endpoint a file.
//!
//! What for: each file says what its endpoint does, where it is stricter than Scalekit, and from which source.
//! Not here: pages for people (`hosted`), faults (`faults`).
//! Called by: `router`.

pub(crate) mod authorize;
pub(crate) mod discovery;
pub(crate) mod keys;
pub(crate) mod logout;
pub(crate) mod revoke;
pub(crate) mod token;
pub(crate) mod userinfo;
