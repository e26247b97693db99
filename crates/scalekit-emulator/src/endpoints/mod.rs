//! The protocol: one endpoint a file.
//!
//! What for: each file says what its endpoint does, where it is stricter than Scalekit, and from which
//! source. Not here: pages for people (`hosted`), faults (`faults`). Called by: `router`.

pub(crate) mod authorize;
pub(crate) mod discovery;
pub(crate) mod keys;
pub(crate) mod logout;
pub(crate) mod management;
pub(crate) mod revoke;
pub(crate) mod token;
pub(crate) mod userinfo;

use axum::http::{HeaderMap, header};

/// The token of `Authorization: Bearer …` (RFC 6750 section 2.1), if there is one.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
