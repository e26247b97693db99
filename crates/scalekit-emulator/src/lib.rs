//! A Scalekit environment on your machine, for development and tests.
//!
//! Start one in-process with [`Emulator::start`], or run the binary `scalekit-emulator`. It speaks the
//! protocol on `http://localhost:PORT` as Scalekit does, strictly; it signs in anybody as anybody, so it
//! listens on loopback addresses only and serves apps on this machine only. It shares no code with the client
//! it is used to test: a shared helper would hide a shared mistake.
//!
//! The map, from the outside in:
//!
//! - [`Options`], [`Emulator`]: start and stop.
//! - [`Control`]: change the environment while it runs, count what was called, make it fail. `orders`: what
//!   can be ordered.
//! - `connection`, `faults`, `router`: how a request arrives, may fail on purpose, and finds its endpoint.
//! - `endpoints`: the protocol, one file an endpoint. `hosted`: the sign-in pages, one file a step.
//! - `notify`: what apps are told, by webhook and back-channel logout. `messages`: the queue and the record.
//!   `objects`: sessions and people as JSON.
//! - `tokens`: which claims, which signature. `world`: everything that is remembered, behind one lock.
//! - `state_file`: what outlives a run, if that is wanted.
//! - `seed`, `directory`: the people, organizations and roles. `ids`: names and secrets. `parameters`: forms.
#![warn(missing_docs)]

mod connection;
mod control;
mod directory;
mod emulator;
mod endpoints;
mod faults;
mod hosted;
mod ids;
mod messages;
mod notify;
mod objects;
mod options;
mod orders;
mod parameters;
mod router;
mod seed;
mod state_file;
mod tokens;
mod world;

pub use control::{
    BadAppUrl, Control, IdpInitiatedLoginFailed, LoginFailed, LoginTokens, LogoutTokenFailed, RotationFailed,
    SessionReport, Settings, SettingsChange, SignedWebhook, StateReport,
};
pub use directory::UnknownInDirectory;
pub use emulator::Emulator;
pub use messages::DeliveryReport;
pub use notify::signature::WEBHOOK_SECRET;
pub use options::{Options, StartError};
pub use orders::{Endpoint, Fault, FaultKind, Replacement, Signature, Tamper, TokenKind};
pub use seed::{Seed, SeedError};
