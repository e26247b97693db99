//! Scalekit for Rust.
