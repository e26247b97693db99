#!/usr/bin/env bash
# What for: everything that reads the code without running it: formatting, clippy for server and browser, the code's documentation, the
# checks of TypeScript, of what is deployed (lint-deployment.sh), of what others wrote (lint-supply-chain.sh), and of shell scripts where shellcheck is installed. Warnings are errors.
# Not here: tests.

. "$(dirname "$0")/env.sh"

say "Formatting"
cargo fmt --all --check
cargo fmt --manifest-path fuzz/Cargo.toml --check

say "Clippy: server, crates and tests"
cargo clippy --workspace --features "$FEATURES" --all-targets -- -D warnings

# part: telemetry-otlp {
say "Clippy: with OpenTelemetry"
cargo clippy -p leptos-scalekit --features "$FEATURES,leptos-scalekit/telemetry-otlp" --all-targets -- -D warnings

# part: telemetry-otlp }
say "Clippy: what runs in the browser"
cargo clippy -p leptos-scalekit --lib --no-default-features --features hydrate --target wasm32-unknown-unknown -- -D warnings

say "Documentation of the code"
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace --features "$FEATURES"

say "TypeScript"
(cd end2end && npx --no-install tsc --noEmit)

# The template's alone.
if [ -x scripts/package.sh ]; then scripts/package.sh; fi

if has shellcheck; then
    say "Shell scripts"
    find scripts deploy .ci \( -name '*.sh' -o -path .ci/run \) -exec shellcheck --external-sources --source-path=SCRIPTDIR {} +
fi

scripts/lint-deployment.sh
scripts/lint-supply-chain.sh
say "Nothing to complain about."
