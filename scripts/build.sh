#!/usr/bin/env bash
# What for: the release build: the site with its compressed copies, then the server with the site inside. Prints what weighs what.
# Not here: what it may weigh (bench/budgets.toml). The emulator: the release binary must not contain it.

. "$(dirname "$0")/env.sh"
[ -z "${TIMES:-}" ] || begin_times build

BINARY=target/release/leptos-scalekit

bytes() { wc -c <"$1" | tr -d ' '; }

# One line of the table: what, bytes as served without compression, bytes as served with brotli.
row() { printf '  %-14s %10s B %10s\n' "$1" "$2" "${3:+$3 B}"; }

weigh() {
    local kind=$1 raw=0 brotli=0 file
    for file in target/site/pkg/*."$kind"; do
        [ -f "$file" ] || fail "The build left no .$kind file in target/site/pkg."
        [ -f "$file.br" ] || fail "$file has no brotli copy."
        raw=$((raw + $(bytes "$file")))
        brotli=$((brotli + $(bytes "$file.br")))
    done
    row "$kind" "$raw" "$brotli"
}

step "Building for release: 5 to 10 minutes the first time"
cargo leptos build --release -P

end_step
say "Sizes, plain and with brotli:"
weigh wasm
weigh js
weigh css
row server "$(bytes $BINARY)" ""
say "$BINARY is all there is to deploy. bench/budgets.toml says what all of it may weigh; \`make test\` compares."
