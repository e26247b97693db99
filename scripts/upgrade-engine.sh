#!/usr/bin/env bash
# What for: brings the project the engine of a release: `upgrade-engine.sh SOURCE TAG`, where SOURCE is a git address or a folder. In a
# project that carries the engine, crates/ is replaced whole, and the lines of Cargo.toml that the crates share with the project follow;
# one that depends on it by tag gets the new tag. Then it prints what the crates' changelogs say about the releases between.
# Not here: the project's own sources (docs/upgrading.md says what to do about those), tests (run `make lint test` afterwards).

. "$(dirname "$0")/env.sh"

# All in a function: bash reads it whole, whatever becomes of this file.
main() {
    [ $# = 2 ] || fail "Say where the release comes from and its tag: upgrade-engine.sh $(engine_field repository) v0.2.0"
    local source=$1 tag=$2 before
    require_a_clean_tree
    RELEASE=$(mktemp -d)
    trap 'rm -rf "$RELEASE"' EXIT
    git -c advice.detachedHead=false clone --quiet --depth 1 --branch "$tag" "$source" "$RELEASE/new" ||
        fail "There is no release $tag at $source (message above)."
    before=$(engine_version)
    [ "$tag" != "v$before" ] || fail "The project has $tag already."
    say "From v$before to $tag"
    if carries_the_engine; then
        name_edits "$source" "v$before"
        replace_crates
        follow_in_manifest
    else
        for file in Cargo.toml fuzz/Cargo.toml; do rewrite "$file" sed -e '/git = ".*", tag = "v'"$before"'"/s/tag = "[^"]*"/tag = "'"$tag"'"/'; done
        find . \( -name .git -o -name target -o -name node_modules \) -prune -o -name '*.md' -print | while read -r file; do
            rewrite "$file" sed -e 's|/tree/v'"$before"'/crates|/tree/'"$tag"'/crates|g'
        done
    fi
    for file in Cargo.toml fuzz/Cargo.toml; do
        cargo update --workspace --quiet --offline --manifest-path "$file" 2>/dev/null || cargo update --workspace --quiet --manifest-path "$file" ||
            complain "The lock file beside $file could not be brought in line (message above): the next build does it."
    done
    tell_changes "$before"
    say "Look at \`git diff\`, then run \`make lint test\`."
}

carries_the_engine() { grep -q '^[a-z0-9-]* = { .*path = "crates/' Cargo.toml; }

engine_version() {
    if carries_the_engine; then engine_field version; else sed -n 's/.*git = ".*", tag = "v\([^"]*\)".*/\1/p' Cargo.toml | head -n 1; fi
}

# Files in crates/ that are not as the release had them. Nothing is lost: the commit before this has them.
name_edits() {
    local edited
    git -c advice.detachedHead=false clone --quiet --depth 1 --branch "$2" "$1" "$RELEASE/old" 2>/dev/null || return 0
    edited=$(cd "$RELEASE/old/crates" && for crate in *; do
        if [ -d "$ROOT/crates/$crate" ]; then diff -rq "$crate" "$ROOT/crates/$crate" || true; fi
    done)
    [ -z "$edited" ] || complain "crates/ was edited in this project; the release replaces that:
$edited"
}

replace_crates() {
    local crate
    for crate in "$RELEASE"/new/crates/*/; do
        crate=$(basename "$crate")
        rm -rf "crates/${crate:?}"
        cp -R "$RELEASE/new/crates/$crate" "crates/$crate"
    done
    # Nothing of the last release stays that this one doesn't have.
    [ -d "$RELEASE/old" ] || return 0
    for crate in "$RELEASE"/old/crates/*/; do
        crate=$(basename "$crate")
        [ -d "$RELEASE/new/crates/$crate" ] || rm -rf "crates/${crate:?}"
    done
}

# [workspace.package] is the crates' own. Of the other sections that they share with the project, what they use comes along.
follow_in_manifest() {
    local release=$RELEASE/new/Cargo.toml name line
    rewrite Cargo.toml with_section workspace.package "$(section workspace.package "$release")"
    {
        # The crates themselves, as far as others depend on them, and what they use.
        section workspace.dependencies "$release" | sed -n 's|^\([a-z0-9-]*\) = { .*path = "crates/.*|\1|p'
        sed -nE 's/^([a-z0-9_-]+)(\.workspace = true| = \{ workspace = true).*/\1/p' crates/*/Cargo.toml
    } | sort -u | while read -r name; do
        # Fields of [package] that are inherited have no line there.
        line=$(section workspace.dependencies "$release" | grep "^$name = " || true)
        if [ -z "$line" ] || section workspace.dependencies Cargo.toml | grep -qxF "$line"; then continue; fi
        rewrite Cargo.toml with_dependency "$name" "$line"
        echo "  Cargo.toml: $line"
    done
}

# The lines of a manifest's section.
section() { awk -v heading="[$1]" '/^\[/ { inside = ($0 == heading); next } inside' "$2"; }

# Filters a manifest: puts lines in the place of a section's.
with_section() {
    LINES_OF_SECTION=$2 awk -v heading="[$1]" '
        /^\[/ { inside = ($0 == heading); if (inside) { print; print ENVIRON["LINES_OF_SECTION"]; print ""; next } }
        !inside { print }
    '
}

# Filters a manifest: a shared dependency gets this line, in the place of its own or first of all.
with_dependency() {
    LINE_OF_DEPENDENCY=$2 awk -v name="$1" '
        /^\[/ { inside = ($0 == "[workspace.dependencies]") }
        inside && $1 == name && $2 == "=" { next }
        { print }
        $0 == "[workspace.dependencies]" { print ENVIRON["LINE_OF_DEPENDENCY"] }
    '
}

# What the changelogs say that came after a version.
tell_changes() {
    local file
    for file in "$RELEASE"/new/crates/*/CHANGELOG.md; do
        [ -e "$file" ] || continue
        awk -v before="$1" -v crate="$(basename "$(dirname "$file")")" '
            /^## / { if ($2 == before) exit; if (!told++) print "\n# " crate "\n" }
            told { print }
        ' "$file"
    done
}

main "$@"
