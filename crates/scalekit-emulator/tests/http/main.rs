//! The emulator as a client sees it: over HTTP, with cookies by hand and no redirect followed.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by panicking")]

mod authorize;
mod client_auth;
mod control;
mod faults;
mod hosted;
mod logout;
mod management;
mod notifications;
mod orders;
mod receiver;
mod refresh;
mod replacements;
mod resources;
mod settings;
mod start;
mod support;
mod tamper;
mod token;
