#!/usr/bin/env bash
# What for: everything that reads the code without running it: formatting, clippy for server and browser, the code's documentation, the
# checks of TypeScript, of what is deployed (lint-deployment.sh), of what others wrote (lint-supply-chain.sh), and of shell scripts where shellcheck is installed. Warnings are errors.
# Not here: tests.

. "$(dirname "$0")/env.sh"
begin_times lint

step "Formatting"
cargo fmt --all --check
cargo fmt --manifest-path fuzz/Cargo.toml --check

# All that can be compiled in, at once: each set of features would have dependencies checked anew. What is unused without it is seen by
# test.sh, which takes the compiler's warnings for failures.
CHECKED="$FEATURES"
CHECKED="$FEATURES,leptos-scalekit/telemetry-otlp" # part: telemetry-otlp
step "Clippy: server, crates and tests"
cargo clippy --workspace --features "$CHECKED" --all-targets -- -D warnings

step "Clippy: what runs in the browser"
cargo clippy -p leptos-scalekit --lib --no-default-features --features hydrate --target wasm32-unknown-unknown -- -D warnings

step "Documentation of the code"
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace --lib --examples --features "$CHECKED"

step "TypeScript"
(cd end2end && npx --no-install tsc --noEmit)

# The template's alone.
if [ -x scripts/package.sh ]; then
    step "Packages of the crates"
    scripts/package.sh
fi

if has shellcheck; then
    step "Shell scripts"
    find scripts deploy .ci \( -name '*.sh' -o -path .ci/run \) -exec shellcheck --external-sources --source-path=SCRIPTDIR {} +
fi

step "What is deployed, and where documents lead"
scripts/lint-deployment.sh
step "What others wrote"
scripts/lint-supply-chain.sh
end_step
say "Nothing to complain about."
