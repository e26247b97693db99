//! The clock that leases run by: one that nobody sets, and that all processes of the machine read alike. It
//! begins anew when the machine does. The time of day would not do: a step forth would give leases away under
//! their holders, a step back make them last.

/// Milliseconds since some moment of the machine's.
#[cfg(unix)]
pub(super) fn now() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    std::time::Duration::try_from(time).map_or(0, milliseconds)
}

/// Elsewhere the time of day has to do.
#[cfg(not(unix))]
pub(super) fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, milliseconds)
}

/// Whole milliseconds.
pub(super) fn milliseconds(time: std::time::Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
