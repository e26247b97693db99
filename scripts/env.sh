# What for: the ground every script stands on: where the repository is, which tool versions it wants, what is on PATH,
# ways to speak, a table of where the time went, and what scripts need that change files. Sourced, never run: `. "$(dirname "$0")/env.sh"`.
# Not here: installing (setup.sh), anything that takes time.
# shellcheck shell=bash disable=SC2034 # What is set here is used by whoever sources this.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

# Tools that would collide with another version elsewhere go here; `cargo clean` takes them along.
TOOLS="$ROOT/target/tools"
# The checkers that come from PyPI (setup.sh, lint-deployment.sh).
LINTERS="$TOOLS/linters"
# Where setup.sh notes the browser that it found, for end2end/playwright.config.ts.
BROWSER_NOTE="$TOOLS/browser"

CARGO_BIN="${CARGO_HOME:-$HOME/.cargo}/bin"
# Ours first. Cargo's own folder stands in PATH explicitly, or cargo would prefer its `cargo-leptos` to ours.
export PATH="$TOOLS/bin:$ROOT/node_modules/.bin:$PATH:$CARGO_BIN"

# The server's features in development, and those of development and tests. Every command uses these, so that dependencies are
# compiled once.
SERVER_FEATURES=ssr,emulator # part: emulator
# without emulator: SERVER_FEATURES=ssr
FEATURES="leptos-scalekit/${SERVER_FEATURES//,/,leptos-scalekit/}"

# Most tests wait more than they compute: three for each core keep the cores busy. Whoever debugs one sets another number.
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-$((3 * $(getconf _NPROCESSORS_ONLN)))}"

# Where the browser tests find the emulator's program: a project that has the engine by tag has it among its tools.
[ -d crates/scalekit-emulator ] || export EMULATOR_BINARY="$TOOLS/bin/scalekit-emulator"

LOGS="$ROOT/target/test-logs"

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

# `step TEXT` says it, and notes how long it takes until the next step or `end_step`, where a table has been begun.
step() {
    end_step
    STEP="$*"
    STEP_BEGAN=$SECONDS
    say "$STEP"
}

end_step() {
    [ -z "${STEP:-}" ] || [ -z "${TIMES:-}" ] || printf '%6d s  %s\n' "$((SECONDS - STEP_BEGAN))" "${TIMES_OF:+$TIMES_OF: }$STEP" >>"$TIMES"
    STEP=""
}

# `begin_times NAME` begins a table that is shown when the script ends, whatever ended it. A script that another one with a table
# calls adds to that one's.
begin_times() {
    if [ -n "${TIMES:-}" ]; then
        trap end_step EXIT
        return
    fi
    mkdir -p "$LOGS"
    TIMES="$LOGS/times-$1.txt"
    TIMES_BEGAN=$(date +%s)
    export TIMES TIMES_BEGAN
    rm -f "$TIMES"
    trap show_times EXIT
}

# Shows it once: a script that has something to say after it shows it before that.
show_times() {
    end_step
    [ -s "${TIMES:-}" ] || return 0
    say "Where the time went"
    printf '%6d s  in all\n' "$(($(date +%s) - TIMES_BEGAN))"
    cat "$TIMES"
    mv "$TIMES" "$TIMES.shown"
}

complain() { printf '\033[1;31merror:\033[0m %s\n' "$*" >&2; }

fail() {
    complain "$*"
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# The version of a package in Cargo.lock: `locked_version wasm-bindgen`.
locked_version() {
    awk -v name="name = \"$1\"" '$0 == name { getline; gsub(/version = |"/, ""); print; exit }' Cargo.lock
}

# Without git, or before the first commit, nothing can be mixed up.
require_a_clean_tree() {
    git rev-parse --verify --quiet HEAD >/dev/null 2>&1 || return 0
    [ "$(git rev-parse --show-toplevel)" = "$ROOT" ] || return 0
    [ -z "$(git status --porcelain)" ] || fail "There are uncommitted changes. Commit or stash them first, so that you can see and undo what this does."
}

# Filters a file in place by a command; the file's permissions stay.
rewrite() {
    local file=$1 new
    shift
    new=$(mktemp)
    "$@" <"$file" >"$new"
    cat "$new" >"$file"
    rm "$new"
}

# What [workspace.package] of Cargo.toml says about the crates in crates/: `engine_field version`.
engine_field() {
    awk -v name="$1" -F ' = ' '/^\[/ { inside = ($0 == "[workspace.package]") } inside && $1 == name { gsub(/"/, "", $2); print $2 }' Cargo.toml
}
