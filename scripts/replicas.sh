#!/usr/bin/env bash
# What for: the browser tests against what is deployed on many machines: nginx with deploy/nginx/proxy.conf, three replicas of the
# release build, and Redis, on free ports of this machine. Arguments go to Playwright: `replicas.sh tests/sign-in.spec.ts`.
# `APP_BINARY` and `EMULATOR_BINARY` name builds to use instead of building.
# Not here: the same tests against one process (test.sh); replicas that are killed (tests/processes).

. "$(dirname "$0")/env.sh"

REPLICAS=3
# What a person does, from sign-in to sign-out. The rest concerns one process as it does three.
MAIN_JOB=(sign-in sign-out sign-up access-tokens sessions session-end dashboard profile without-scripts replicas)

if [ -z "${APP_BINARY:-}" ] || [ -z "${EMULATOR_BINARY:-}" ]; then
    # A build that is too heavy works all the same.
    scripts/build.sh || fail "There is no release build to test."
    cargo build --workspace --features "$FEATURES" --bins --tests
fi

say "Running the browser tests through nginx, $REPLICAS replicas and Redis"
[ $# -gt 0 ] || set -- "${MAIN_JOB[@]/%/.spec.ts}"
(cd end2end && REPLICAS=$REPLICAS npx --no-install playwright test --reporter=list "$@")

# Each worker's nginx wrote down which replica gave which answer: `127.0.0.1:4001 200 200 GET /login`.
say "Answers by replica"
awk -v replicas="$REPLICAS" '
    FNR == 1 { workers++; split(FILENAME, path, "/"); worker = path[length(path) - 1] }
    # A request that a second replica answered names both.
    { for (i = 1; i < NF && $i ~ /^[0-9.]+:[0-9]+,?$/; i++) { sub(",", "", $i); if (!answers[worker " " $i]++) seen[worker]++ } }
    END {
        for (replica in answers) print "  " replica ": " answers[replica]
        for (worker in seen) if (seen[worker] != replicas) { print "  " worker " used " seen[worker] " replicas"; wrong = 1 }
        exit wrong || !workers
    }' end2end/test-results/evidence/*/nginx-answers.txt || fail "nginx did not use all $REPLICAS replicas."
