#!/usr/bin/env bash
# What for: how long it takes from saving a file until the program with the change is there, as `make dev` builds it: for a page, which
# the browser has too, and for a handler, which only the server has. Side by side at several commits, since only figures of one run can
# be compared: `make dev-loop COMMITS="v0.1.0 HEAD"`, ROUNDS=9 for more than five rounds. The figures of docs/performance.md come from
# here. Nothing else should run meanwhile.
# Not here: tests. No figure is ever asserted. What is committed is measured, in folders of its own under target/dev-loop.

. "$(dirname "$0")/env.sh"

FOLDER="$ROOT/target/dev-loop"
NAME=leptos-scalekit
ROUNDS=${ROUNDS:-5}
# In seconds; nothing takes longer unless it failed.
LONGEST=600

PAGE=src/pages/dashboard.rs
HANDLER=src/server/auth/logout.rs

watchers=()
stop_watching() {
    for watcher in ${watchers[@]+"${watchers[@]}"}; do kill -- "-$watcher" 2>/dev/null || true; done
}
trap stop_watching EXIT

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

# A commit's files, and what an earlier run compiled of it.
check_out() {
    local folder="$FOLDER/$1"
    if [ -e "$folder/.git" ]; then
        git -C "$folder" checkout --quiet --force --detach "$1"
    else
        git worktree prune
        git worktree add --quiet --force --detach "$folder" "$1"
    fi
}

# Begins to watch a commit's files as `make dev` does, on ports of its own. In a group of its own, so that all of it can be ended.
watch() {
    local port
    port=$(free_port)
    set -m
    (
        cd "$FOLDER/$1"
        export LEPTOS_ENV=DEV LEPTOS_SITE_ADDR="127.0.0.1:$port" APP_URL="http://localhost:$port"
        LEPTOS_RELOAD_PORT=$(free_port) EMULATOR_PORT=$(free_port)
        export LEPTOS_RELOAD_PORT EMULATOR_PORT SESSION_STORE=memory: METRICS_ADDR=off
        exec cargo leptos watch --hot-reload --bin-features "$SERVER_FEATURES"
    ) >"$FOLDER/$1.log" 2>&1 </dev/null &
    watchers+=("$!")
    set +m
    wait_until "$1" "the first build" grep -q "Serving.* at http" "$FOLDER/$1.log"
}

# `wait_until COMMIT WHAT COMMAND…`: until the command succeeds.
wait_until() {
    local commit=$1 what=$2 begun=$SECONDS
    shift 2
    until "$@"; do
        [ $((SECONDS - begun)) -lt $LONGEST ] || fail "$what of $commit did not come to an end: see $FOLDER/$commit.log"
        sleep 0.02
    done
}

is_newer() { [ "$1" -nt "$FOLDER/saved" ]; }

now() { node -p 'Date.now()'; }

# Changes a word that people see.
changed_page() { sed "s/\"Your session[ 0-9]*\"/\"Your session $1\"/"; }

# Changes what the first function of the file does.
changed_handler() {
    awk -v line="    tracing::trace!(\"round $1\");" '
        /^    tracing::trace!\("round/ { next }
        { print }
        /^pub .*fn / { begun = 1 }
        begun && /[{]$/ && !done { print line; done = 1 }'
}

# Saves as editors do: the new file takes the place of the old one.
save() {
    local file=$1 change=$2 round=$3
    "$change" "$round" <"$file" >"$FOLDER/edited"
    ! cmp -s "$FOLDER/edited" "$file" || fail "$file has no place any more that this script knows how to change."
    mv "$FOLDER/edited" "$file"
}

# `measure COMMIT page|handler NUMBER`: saves a change and prints how many milliseconds later the program is there.
measure() {
    local commit=$1 kind=$2 round=$3 saved file
    if [ "$kind" = page ]; then file=$PAGE; else file=$HANDLER; fi
    # What the last change led to is done; times of files tell one change from the next.
    sleep 2
    touch "$FOLDER/saved"
    saved=$(now)
    save "$FOLDER/$commit/$file" "changed_$kind" "$round"
    wait_until "$commit" "a build" is_newer "$FOLDER/$commit/target/debug/$NAME"
    [ "$kind" = handler ] || wait_until "$commit" "a build" is_newer "$FOLDER/$commit/target/site/pkg/$NAME.wasm"
    echo $(($(now) - saved))
}

# The one in the middle.
median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

commits=()
for commit in "${@:-HEAD}"; do
    commit=$(git rev-parse --short "$commit^{commit}")
    commits+=("$commit")
done
mkdir -p "$FOLDER"
for commit in "${commits[@]}"; do
    say "Building $commit and watching its files: several minutes the first time"
    check_out "$commit"
    watch "$commit"
done

say "Saving files, $ROUNDS rounds and one that does not count"
for ((round = 0; round <= ROUNDS; round += 1)); do
    for kind in page handler; do
        for commit in "${commits[@]}"; do
            took=$(measure "$commit" "$kind" "$round")
            if [ "$round" -gt 0 ]; then echo "$took" >>"$FOLDER/$commit.$kind"; else rm -f "$FOLDER/$commit.$kind"; fi
        done
    done
done

say "From saving to the new program, the median of $ROUNDS, on $(getconf _NPROCESSORS_ONLN) cores:"
printf '  %-12s %10s %10s\n' commit "a page" "a handler"
for commit in "${commits[@]}"; do
    printf '  %-12s' "$commit"
    for kind in page handler; do printf ' %8s ms' "$(median <"$FOLDER/$commit.$kind")"; done
    echo
done
