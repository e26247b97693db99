//! Operating the process: what it can do beside serving, what it does by itself, what it tells about itself.
//!
//! - [`command_line`]: what the program can do. [`doctor`]: `check`. [`healthcheck`]: `healthcheck`.
//! - [`upkeep`]: what the process does by itself.
//! - [`metrics`]: what is counted and measured.

pub mod command_line;
pub mod doctor;
pub mod healthcheck;
pub mod metrics;
pub mod upkeep;
