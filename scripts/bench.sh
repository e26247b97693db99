#!/usr/bin/env bash
# What for: measures what one process of the release build carries, and prints it as a table: `make bench`. The figures of
# docs/scaling.md come from here. Nothing else should run meanwhile.
# Not here: tests. No figure is ever asserted.

. "$(dirname "$0")/env.sh"

scripts/build.sh
say "Compiling the measurements"
cargo test --no-run --test bench --features "$FEATURES"
say "Measuring: about 3 minutes, on $(nproc 2>/dev/null || sysctl -n hw.ncpu) cores that server and load share"
SERVER_BINARY="$ROOT/target/release/leptos-scalekit" cargo test --quiet --test bench --features "$FEATURES"
