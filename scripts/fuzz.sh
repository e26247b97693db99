#!/usr/bin/env bash
# What for: fuzzes what reads foreign input: every target of fuzz/ for TIME seconds (600), or one: `make fuzz TARGET=jwt TIME=60`.
# What is found on the way (target/fuzz/corpus) is kept for the next run. Ends with a table, and fails when a property was broken.
# Not here: the properties (fuzz/src), replaying the seeds (tests/fuzz_seeds.rs, part of `make test`).
# The compiler is the stable one: libFuzzer needs nothing else. No sanitizer, since no code of ours is unsafe.

. "$(dirname "$0")/env.sh"

TIME=${TIME:-600}
FOLDER=target/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

[[ $TIME =~ ^[1-9][0-9]*$ ]] || fail "TIME is $TIME; it must be a number of seconds."
targets=()
for source in fuzz/fuzz_targets/*.rs; do targets+=("$(basename "$source" .rs)"); done
if [ -n "${TARGET:-}" ]; then
    [ -f "fuzz/fuzz_targets/$TARGET.rs" ] || fail "There is no target $TARGET. There are: ${targets[*]}"
    targets=("$TARGET")
fi

say "Compiling the targets and, with libFuzzer's marks, all they depend on: about 10 minutes the first time"
cargo fuzz build --sanitizer none --target-dir "$FOLDER/build" ${TARGET:+"$TARGET"}

# A number that libFuzzer prints at its end.
figure() { sed -n "s/^stat::$1: *//p" "$2" | tail -n 1; }

# How much of the code was reached, in libFuzzer's edges.
edges() { grep -aoE 'cov: [0-9]+' "$1" | tail -n 1 | cut -d ' ' -f 2; }

broken=()
table=$(printf '%-16s %12s %8s %8s' target executed edges corpus)
for target in "${targets[@]}"; do
    say "$target: $TIME s"
    corpus=$FOLDER/corpus/$target crashes=$FOLDER/crashes/$target log=$FOLDER/$target.log
    mkdir -p "$corpus" "$crashes"
    # The first folder grows, the second is only read.
    if ! "$FOLDER/build/$host/release/$target" "$corpus" "fuzz/seeds/$target" -max_total_time="$TIME" -max_len=4096 -timeout=20 \
        -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$crashes/" >"$log" 2>&1; then
        broken+=("$target")
        grep -aE 'panicked at|^assertion|ERROR|Test unit written' -A 3 "$log" | tail -n 12 >&2
        complain "$target is broken. The input is in $crashes; once its cause is mended, keep it as a seed:
       cp $crashes/crash-… fuzz/seeds/$target/NAME && cargo test --features ssr --test fuzz_seeds"
    fi
    table+=$(printf '\n%-16s %12s %8s %8s' "$target" "$(figure number_of_executed_units "$log")" "$(edges "$log")" "$(find "$corpus" -type f | wc -l)")
done
echo "$table"
echo "$((${#targets[@]} - ${#broken[@]})) passed, ${#broken[@]} failed"
[ ${#broken[@]} = 0 ]
