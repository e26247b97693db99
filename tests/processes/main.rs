//! Real processes: replicas that share a store, processes that are killed, and what one refuses to start
//! with. The emulator runs in the test, so that its counters and faults are at hand. One file a topic.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on should stop with the reason")]

mod check;
mod command_line;
#[cfg(feature = "emulator")] // part: emulator
mod embedded_emulator; // part: emulator
mod exhaustion;
mod hostile;
mod killed; // part: sqlite
mod metrics; // part: metrics
mod nginx; // part: redis
mod outages;
mod redis_outages; // part: redis
mod replicas; // part: redis
mod start;
mod stop;
mod support;
