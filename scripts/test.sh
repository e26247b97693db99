#!/usr/bin/env bash
# What for: every test there is: cargo's (unit, property, HTTP), then the release build, then Playwright against that build.
# Ends with `N passed, N failed`, added up from what both runners reported, and fails when anything failed.
# Arguments go to Playwright: `test.sh tests/sign-in.spec.ts` still runs cargo's tests.
# Not here: set-up (setup.sh), lint (lint.sh).

. "$(dirname "$0")/env.sh"

LOGS=target/test-logs
mkdir -p "$LOGS"
passed=0
failed=0
status=0

# Adds the numbers of all `test result:` lines: one a test binary.
count_cargo() {
    local line
    while read -r line; do
        passed=$((passed + $(sed 's/.* \([0-9][0-9]*\) passed;.*/\1/' <<<"$line")))
        failed=$((failed + $(sed 's/.* \([0-9][0-9]*\) failed;.*/\1/' <<<"$line")))
    done < <(grep -a 'test result:' "$1" || true)
}

# Playwright's own JSON report; a flaky test passed on a retry and counts as failed: there are no retries here.
count_playwright() {
    [ -f "$1" ] || fail "Playwright left no report, so nothing is known of the browser tests."
    local counts
    counts=$(node -e '
        const { stats, errors } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
        console.log(stats.expected, stats.unexpected + stats.flaky + errors.length);
    ' "$1")
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
}

say "Compiling the tests, the server and the emulator: several minutes the first time"
# One command with one feature set: what cargo test would build, and the emulator's program for Playwright.
cargo build --workspace --features "$FEATURES" --bins --tests

say "Running cargo's tests"
cargo test --workspace --features "$FEATURES" --no-fail-fast | tee "$LOGS/cargo-test.log" || status=1
count_cargo "$LOGS/cargo-test.log"

scripts/build.sh

say "Running the browser tests"
report="$ROOT/$LOGS/playwright.json"
rm -f "$report"
(cd end2end && PLAYWRIGHT_JSON_OUTPUT_FILE="$report" npx --no-install playwright test --reporter=list,json "$@") || status=1
count_playwright "$report"

say "Together"
grep -a 'test result:' "$LOGS/cargo-test.log" || true
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$status" = 0 ]
