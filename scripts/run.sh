#!/usr/bin/env bash
# What for: a development build, served on http://localhost:3000. `run.sh` builds and serves once, `run.sh watch` rebuilds and
# reloads the page on every change.
# Not here: the release build, which never has the emulator (build.sh).

. "$(dirname "$0")/env.sh"

case "${1:-serve}" in
    serve)
        say "Building for development: several minutes the first time, seconds after that"
        # Not `cargo leptos serve`: it exits with success when the build fails.
        cargo leptos build --bin-features "$SERVER_FEATURES"
        export LEPTOS_ENV=DEV
        exec target/debug/leptos-scalekit
        ;;
    watch)
        say "Building for development and watching for changes: several minutes the first time, seconds after that"
        exec cargo leptos watch --hot-reload --bin-features "$SERVER_FEATURES"
        ;;
    *) fail "run.sh takes \`serve\` or \`watch\`." ;;
esac
