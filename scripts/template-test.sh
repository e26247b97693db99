#!/usr/bin/env bash
# What for: proves the template. For each combination of answers, cargo-generate makes a project from the committed state of this
# repository, and the project's own `scripts/lint.sh` and its unit, HTTP and process tests run: `make template-test`. One combination:
# `template-test.sh redis false "webhooks metrics" git` (store, whether the emulator is kept, parts to take out afterwards, if any, and
# where the engine is).
# Ends with `N passed, N failed`.
# Compiled dependencies are shared with this repository, so only the projects' own crates are compiled.
# Not here: set-up (setup.sh), release builds and browser tests of the projects.

. "$(dirname "$0")/env.sh"

# Longer than the template's own name, so that lines get longer, and sorted before the crates it stands among.
NAME=acme-customer-portal
FOLDER=$ROOT/target/template
passed=0
failed=0

main() {
    local store emulator
    rm -rf "$FOLDER"
    mkdir -p "$FOLDER"
    [ -z "$(git status --porcelain)" ] || say "Uncommitted changes are not part of what is tested."
    # What a person clones: no build output, nothing uncommitted.
    git clone --quiet --local "$ROOT" "$FOLDER/source"
    # The release of this state, and the clone in the place of the repository on the net.
    git -C "$FOLDER/source" tag --force "v$(engine_field version)" >/dev/null
    export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.$FOLDER/source.insteadOf" CARGO_NET_GIT_FETCH_WITH_CLI=true
    GIT_CONFIG_VALUE_0=$(engine_field repository)
    export GIT_CONFIG_VALUE_0
    if [ $# -ge 2 ]; then
        prove "$1" "$2" "${3:-}" "${4:-carried}"
    else
        for store in sqlite redis both; do
            for emulator in true false; do prove "$store" "$emulator" "" carried; done
        done
        # The least that can be left.
        for store in sqlite redis; do prove "$store" false "webhooks metrics telemetry-otlp" carried; done
        prove both true "" git
    fi
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

# One combination. Its log is kept.
prove() {
    local log="$FOLDER/store-$1-emulator-$2${3:+-lean}-$4.log" begun=$SECONDS
    say "Store $1, emulator $2${3:+, without $3}, engine $4"
    # In the background, since `set -e` is off in whatever a condition calls.
    make_and_check "$1" "$2" "$3" "$4" >"$log" 2>&1 &
    if wait $!; then
        passed=$((passed + 1))
        echo "  right, in $((SECONDS - begun)) s: $(grep -a '^test result:' "$log" | awk '{ tests += $4 } END { print tests }') tests passed"
    else
        failed=$((failed + 1))
        complain "Store $1, emulator $2 is wrong; the end of $log:"
        tail -n 40 "$log" >&2
    fi
}

make_and_check() {
    local project="$FOLDER/$NAME" template=$ROOT
    rm -rf "$project"
    cd "$FOLDER"
    cargo-generate generate --git source --name "$NAME" --no-workspace --silent --allow-commands \
        --define "store=$1" --define "emulator=$2" --define "engine=$4"
    cd "$project"
    if grep -rI --exclude=LICENSE 'leptos.scalekit' . | grep -v 'github.com/leptos-scalekit'; then
        echo "The template's name is left (above)."
        return 1
    fi
    # What `make setup` would install again.
    mkdir target
    ln -s "$TOOLS" target/tools
    ln -s "$template/node_modules" node_modules
    ln -s "$template/end2end/node_modules" end2end/node_modules
    export CARGO_TARGET_DIR="$template/target"
    # shellcheck disable=SC2086 # Several names.
    [ -z "$3" ] || scripts/remove-part.sh $3
    export TIMES_OF="  template"
    scripts/lint.sh
    # shellcheck source=scripts/env.sh # The project's own: its name, its features.
    . scripts/env.sh
    step "What the release build has, without what tests bring along"
    cargo check --bin "$NAME" --features ssr
    step "Compiling and running the tests"
    cargo test --no-fail-fast --package "$NAME" --lib --test http --test processes --test architecture --test parts --test fuzz_seeds --test documents --test settings --features "$FEATURES"
    end_step
}

main "$@"
