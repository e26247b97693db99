//! leptos-scalekit: a full-stack Leptos and Axum application whose users sign in through Scalekit.
//!
//! The folder tree is the architecture:
//!
//! - [`access`]: the table of pages with who may open each. [`links`]: addresses with parameters.
//! - [`api`]: server functions and what they tell the browser: the only door between browser and server.
//! - [`islands`]: what lives on a page: drawn by the server, taken over by the browser.
//! - [`browser`]: what the browser's half does besides: the session, the watcher, calls.
//! - [`error`]: what a browser may be told when something went wrong.
//!
//! With the feature `ssr`, only on the server:
//!
//! - [`pages`]: one page a file, and each one's route. [`components`]: what several pages share.
//! - [`app`]: the document around a page. [`documents`]: documents that stand alone: errors, a question.
//! - [`site`]: where documents find stylesheet, scripts and WASM.
//! - [`server`]: settings, sign-in over HTTP, the guard, the router.
//! - [`traces`]: OpenTelemetry, in builds with the feature `telemetry-otlp`.
//!
//! Below stand the crates: `scalekit` knows the protocol, `scalekit-sessions` keeps people signed in,
//! `axum-hardening` stands between the net and a handler, `scalekit-emulator` stands in for Scalekit in
//! development. Conditional compilation stands in this file and, for the emulator and traces, in
//! `provider/mod.rs` and `traces/mod.rs`; nowhere else.

// Views are types within types; the compiler's default of 128 levels is soon reached.
#![recursion_limit = "256"]

pub mod access;
pub mod api;
#[cfg(feature = "ssr")]
pub mod app;
pub mod browser;
#[cfg(feature = "ssr")]
pub mod components;
#[cfg(feature = "ssr")]
pub mod documents;
pub mod error;
pub mod islands;
pub mod links;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod site;
#[cfg(feature = "ssr")]
pub mod traces;

/// Takes over the islands of a document that the server drew. Called once by the page's module script.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    // Starts Leptos and hydrates nothing; a team's own `#[island]`s are started by `public/start.js`.
    leptos::mount::hydrate_islands();
    islands::places::take_over();
}
