//! leptos-scalekit: a full-stack Leptos and Axum application whose users sign in through Scalekit.
//!
//! The folder tree is the architecture:
//!
//! - [`access`]: the table of pages with who may open each.
//! - [`app`]: the document shell and `<App/>`.
//! - [`documents`]: documents that stand alone: errors, a question with one button.
//! - [`pages`]: one page a file, and each one's route. They read view models and hold no server logic.
//! - [`components`]: what several pages share: header, user menu, guards, the session watcher.
//! - [`api`]: view models and the server functions that fill them: the only door between browser and server.
//! - [`site`]: where documents find stylesheet, scripts and WASM.
//! - [`error`]: what a browser may be told when something went wrong.
//! - [`lineage`]: keeps the owners of a page's contexts alive while something needs them.
//! - `server` (feature `ssr`): what only the server has: settings, sign-in over HTTP, the guard, the router.
//! - `traces` (feature `ssr`): OpenTelemetry, in builds with the feature `telemetry-otlp`.
//!
//! Below stand the crates: `scalekit` knows the protocol, `scalekit-sessions` keeps people signed in,
//! `axum-hardening` stands between the net and a handler, `scalekit-emulator` stands in for Scalekit in
//! development. Conditional compilation stands in this file and, for the emulator and traces, in
//! `provider/mod.rs` and `traces/mod.rs`; nowhere else.

// Views are types within types; the compiler's default of 128 levels is soon reached.
#![recursion_limit = "256"]

pub mod access;
pub mod api;
pub mod app;
pub mod components;
pub mod documents;
pub mod error;
pub mod lineage;
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;
pub mod site;
#[cfg(feature = "ssr")]
pub mod traces;

/// Takes over the server-rendered document in the browser. Called once by the page's module script.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
