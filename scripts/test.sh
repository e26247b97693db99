#!/usr/bin/env bash
# What for: every test there is: cargo's (unit, property, HTTP, processes), beside them the release build, then Playwright against it.
# Ends with `N passed, N failed`, added up from what both runners reported, and fails when anything failed.
# Arguments go to Playwright: `test.sh tests/sign-in.spec.ts` still runs cargo's tests.
# Not here: set-up (setup.sh), lint (lint.sh).

. "$(dirname "$0")/env.sh"

mkdir -p "$LOGS"
begin_times test
passed=0
failed=0
# What failed beside single tests, one sentence each.
complaints=()

# Adds `P F` to the totals.
count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
}

# The numbers of all `test result:` lines, one a test program.
cargo_counts() {
    awk '/test result:/ { for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) p += $(i - 1); if ($i ~ /^failed/) f += $(i - 1) } }
         END { print p + 0, f + 0 }' "$1"
}

# Playwright's own report; a flaky test failed once, so it counts as failed, and so does an error outside any test.
playwright_counts() {
    node -e '
        const { stats, errors } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
        console.log(stats.expected, stats.unexpected + stats.flaky + errors.length);
    ' "$1"
}

# Which of them failed, and the first line of why: the runner's own report stands far above.
playwright_failures() {
    node -e '
        const { suites, errors } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
        const tell = (what, error) => console.log(`Failed in the browser: ${what}: ${(error?.message ?? "?").replace(/\u001b\[\d+m/g, "").split("\n")[0]}`);
        const visit = (suite, above) => {
            const name = `${above} ${suite.title}`;
            for (const one of suite.specs ?? []) {
                for (const { error, status } of one.tests.flatMap(({ results }) => results)) {
                    if (!["passed", "skipped"].includes(status)) tell(`${name} ${one.title}`, error);
                }
            }
            for (const inner of suite.suites ?? []) visit(inner, name);
        };
        for (const suite of suites) visit(suite, "");
        for (const error of errors) tell("outside any test", error);
    ' "$1"
}

step "Compiling the tests, the server and the emulator: several minutes the first time"
# One command with one feature set: what cargo test would build, and the emulator's program for Playwright.
cargo build --workspace --features "$FEATURES" --bins --tests
# Says again what the compiler said; clippy sees the code with more compiled in (lint.sh).
if cargo build --workspace --features "$FEATURES" --bins --tests --message-format short --color never 2>&1 | grep ': warning'; then
    complaints+=("The compiler has warnings (above).")
fi

# In the background, in a group of its own, so that it can be ended, and behind all else: tests wait more than they compute, and while
# they wait it goes on.
set -m
nice -n 19 scripts/build.sh >"$LOGS/build.log" 2>&1 &
build=$!
set +m
trap 'kill -- "-$build" 2>/dev/null || true; show_times' EXIT

step "Running cargo's tests"
cargo test --workspace --features "$FEATURES" --no-fail-fast | tee "$LOGS/cargo-test.log" || complaints+=("cargo test failed.")
read -r p f < <(cargo_counts "$LOGS/cargo-test.log")
count "$p" "$f"

# part: template {
step "Making a project from the template and testing it; \`make template-test\` does so with all answers"
scripts/template-test.sh redis false "webhooks metrics telemetry-otlp" | tee "$LOGS/template-test.log" || complaints+=("A project made from the template is wrong.")
read -r p f < <(awk '/ passed, .* failed$/ { p = $1; f = $3 } END { print p + 0, f + 0 }' "$LOGS/template-test.log")
count "$p" "$f"
# part: template }

step "Waiting for the release build"
status=0
wait "$build" || status=$?
trap show_times EXIT
cat "$LOGS/build.log"
[ "$status" = 0 ] || fail "There is no release build to test."

step "Comparing what it weighs and costs with bench/budgets.toml"
node bench/budgets.mjs || complaints+=("Something is over its budget.")

step "Running the browser tests"
report="$LOGS/playwright.json"
rm -f "$report"
(cd end2end && PLAYWRIGHT_JSON_OUTPUT_FILE="$report" npx --no-install playwright test --reporter=list,json "$@") || complaints+=("Playwright failed.")
[ -f "$report" ] || fail "Playwright left no report, so nothing is known of the browser tests."
read -r p f < <(playwright_counts "$report")
count "$p" "$f"

show_times
say "Together"
grep -a 'test result:' "$LOGS/cargo-test.log" || true
grep -a '^test .* FAILED$' "$LOGS/cargo-test.log" || true
playwright_failures "$report"
# Empty arrays count as unset in bash 3, which macOS has.
for complaint in ${complaints[@]+"${complaints[@]}"}; do complain "$complaint"; done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ ${#complaints[@]} = 0 ]
