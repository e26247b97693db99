//! OpenTelemetry traces, in builds with the feature `telemetry-otlp`. In others the same calls do nothing, so
//! that whoever starts the process need not know.

#[cfg_attr(feature = "telemetry-otlp", path = "otlp.rs")] // part: telemetry-otlp
mod sent;

pub use sent::Traces;
