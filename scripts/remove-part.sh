#!/usr/bin/env bash
# What for: takes a part out of the project, as if it had never been there: `remove-part.sh redis`, or several at once. Its own
# files go (scripts/parts.txt), and every line that is tagged with its name; docs/removing-parts.md describes the tags. Then it
# formats the sources and brings Cargo.lock in line. Commit first: it refuses to mix its changes with yours.
# Not here: tests (run `make lint test` afterwards), and prose that mentions a part; it says which files hold some.

. "$(dirname "$0")/env.sh"

PARTS=scripts/parts.txt

# All in a function: bash reads it whole, before this very file is rewritten.
main() {
    local part
    [ $# -gt 0 ] || fail "Say which part to remove: $(names | tr '\n' ' ')"
    for part in "$@"; do
        names | grep -qxF "$part" || fail "There is no part called $part. There are: $(names | tr '\n' ' ')"
    done
    require_a_store "$@"
    require_a_clean_tree
    for part in "$@"; do remove "$part"; done
    tidy_up
    say "Done. Look at \`git diff\`, then run \`make lint test\`."
}

names() { sed -n 's/^\([a-z][a-z0-9-]*\):.*/\1/p' "$PARTS"; }

# The paths of a part.
paths() {
    awk -v heading="$1:" '/^[^ #]/ { inside = ($1 == heading) } inside && /^ / { print $1 }' "$PARTS"
}

# Production needs one of the two.
require_a_store() {
    local left
    left=$(names | grep -xE 'sqlite|redis' || true)
    for part in "$@"; do left=$(printf '%s\n' "$left" | grep -vxF "$part" || true); done
    [ -n "$left" ] || fail "One of sqlite and redis must stay: production needs a store of sessions that outlives the process."
}

remove() {
    local part=$1 path file
    say "Removing $part"
    while read -r path; do
        # cargo-generate has taken its own file away by now.
        [ -e "$path" ] || continue
        rm -r "$path"
        echo "  removed $path"
    done < <(paths "$part")
    while read -r file; do
        rewrite "$file" without_tagged_lines "$part"
        echo "  changed $file"
    done < <(tagged_files "$part")
    rewrite "$PARTS" without_section "$part"
    if [ -n "$(tagged_files "$part")" ]; then
        fail "Tags of $part are left in: $(tagged_files "$part" | tr '\n' ' ')"
    fi
    mentions "$part"
}

# Files with tags of a part.
tagged_files() { grep_sources -lE "(//|#|<!--) (part: $1( [{}])?( -->)?( \|)?$|without $1: )" || true; }

# grep over everything that belongs to the project.
grep_sources() {
    grep -rI --exclude-dir=.git --exclude-dir=target --exclude-dir=node_modules --exclude-dir=data "$@" . | sed 's|^\./||' | sort
}

# Filters what it reads. `// part: NAME {` to `// part: NAME }` goes, and so does a line that ends with `// part: NAME`; of
# `// without NAME: TEXT`, TEXT stays. # and <!-- --> serve instead of // where the language has them.
without_tagged_lines() {
    awk -v name="$1" '
        BEGIN {
            comment = "(//|#|<!--)"
            end = "( -->)?( \\|)?$"
            opens = "^[ \t]*" comment " part: " name " \\{" end
            closes = "^[ \t]*" comment " part: " name " \\}" end
            tagged = comment " part: " name end
            replaces = comment " without " name ": "
        }
        $0 ~ opens { inside = 1 }
        inside { if ($0 ~ closes) inside = 0; next }
        $0 ~ tagged { next }
        $0 ~ "^[ \t]*" replaces { sub(replaces, ""); sub(" -->$", "") }
        { print }
    '
}

# Filters the list of parts.
without_section() {
    awk -v heading="$1:" '/^[^ #]/ { inside = ($1 == heading) } !inside { print }'
}

# Prose can't be tagged word by word: it is for eyes.
mentions() {
    local found
    found=$(grep_sources -liw --include='*.md' --include=Makefile --exclude-dir=crates --exclude=CHANGELOG.md --exclude=removing-parts.md "$1" || true)
    [ -z "$found" ] || printf '  still mentioned in %s\n' "$(printf '%s' "$found" | tr '\n' ' ')"
}

tidy_up() {
    if has node; then node scripts/unlink.mjs; else complain "Node is missing: links of documents to what is gone are left."; fi
    { cargo fmt --all && cargo fmt --manifest-path fuzz/Cargo.toml; } ||
        complain "The sources could not be formatted (message above): run \`cargo fmt --all\`."
    # Only drops what nothing needs any more: no version changes.
    cargo update --workspace --quiet --offline 2>/dev/null || cargo update --workspace --quiet ||
        complain "Cargo.lock could not be brought in line (message above): the next build does it."
}

main "$@"
