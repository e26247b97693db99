#!/usr/bin/env bash
# What for: `make bench`: builds the release, its peers and the load (bench/), measures them, and prints a table on standard output;
# it stays in target/bench/results.md and results.json. `bench.sh limits` measures something else: what a process withstands and
# what room sessions take (tests/bench). Nothing else should run meanwhile. bench/README.md names the variables.
# Not here: how anything is measured (bench/run.mjs), tests: no figure fails it.

. "$(dirname "$0")/env.sh"

# APP_BINARY names a build that is there already.
application() {
    [ -n "${APP_BINARY:-}" ] || scripts/build.sh
}

# `npm ci` in a folder, unless its node_modules was made from this very lock file.
packages() {
    cmp -s "$1/package-lock.json" "$1/node_modules/.made-from-lock" && return
    say "Installing the packages of $1 from npm: a few seconds, once"
    (cd "$1" && npm ci --no-audit --no-fund) || fail "npm could not install the packages of $1/package-lock.json (message above)."
    cp "$1/package-lock.json" "$1/node_modules/.made-from-lock"
}

peers() {
    local folder
    for folder in bench/provider bench/peers/express bench/peers/next; do packages "$folder"; done
    say "Building the Next.js peer: less than a minute"
    (cd bench/peers/next && NEXT_TELEMETRY_DISABLED=1 npx --no-install next build)
    say "Compiling the load and the bare peer: less than a minute, once"
    cargo build --release --locked --manifest-path bench/Cargo.toml --target-dir target/bench/cargo
}

# The servers are started on the first core, where cores can be chosen; everything else stays on the second.
on_second_core() {
    if has taskset && taskset --cpu-list 1 true 2>/dev/null; then taskset --cpu-list 1 "$@"; else "$@"; fi
}

limits() {
    application
    say "Compiling the measurements"
    cargo test --no-run --test bench --features "$FEATURES"
    say "Measuring: about 3 minutes"
    SERVER_BINARY="${APP_BINARY:-$ROOT/target/release/leptos-scalekit}" cargo test --quiet --test bench --features "$FEATURES"
}

case "${1:-}" in
    "") ;;
    limits)
        limits
        exit
        ;;
    *) fail "bench.sh measures what things cost; \`bench.sh limits\` what a process withstands. There is no $1." ;;
esac

# Standard output is the table's alone.
{
    application
    peers
    say "Measuring: about 10 minutes"
} >&2
on_second_core node bench/run.mjs
