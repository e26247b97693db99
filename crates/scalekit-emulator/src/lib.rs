//! Scalekit emulator.
