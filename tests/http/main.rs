//! HTTP behaviour of the whole application: the real router and the real emulator over loopback, and a client that
//! follows no redirects. One file a topic. What a person sees is tested in `end2end/`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on should stop with the reason")]

mod callback;
mod guard;
mod health;
mod hostile_input;
mod process;
mod refresh;
mod sign_in;
mod sign_out;
mod support;
mod tampering;
