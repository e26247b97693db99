#!/usr/bin/env bash
# What for: lets the project depend on the crates of crates/ by git address and tag, instead of carrying them: `engine-by-tag.sh`, or
# `engine-by-tag.sh v0.2.0`. The folder goes; manifests, and links in documents, name the release instead. `start-project.sh --engine-by-tag`
# calls it. The way back is `git revert`.
# Not here: moving to another release (upgrade-engine.sh). Which crates: those that [workspace.dependencies] of Cargo.toml finds in crates/.

. "$(dirname "$0")/env.sh"

main() {
    local source tag crates file
    source=$(engine_field repository)
    tag=${1:-v$(engine_field version)}
    crates=$(sed -n 's|^\([a-z0-9-]*\) = { .*path = "crates/[a-z0-9-]*".*|\1|p' Cargo.toml)
    [ -n "$crates" ] || fail "Cargo.toml finds no crate in crates/: the project depends on them by tag already."
    require_unedited_crates
    say "Depending on $source at $tag"
    for file in Cargo.toml fuzz/Cargo.toml; do
        # A version would have to follow each tag.
        rewrite "$file" sed -e '/path = "\(\.\.\/\)\{0,1\}crates\//s|version = "[^"]*", ||' -e 's|path = "\(\.\./\)\{0,1\}crates/[a-z0-9-]*"|git = "'"$source"'", tag = "'"$tag"'"|' \
            -e 's|"crates/\*"||'
    done
    find . \( -name .git -o -name target -o -name node_modules -o -path ./crates \) -prune -o -name '*.md' -print | while read -r file; do
        rewrite "$file" sed -e 's|](\(\.\./\)*crates\([/)]\)|]('"$source/tree/$tag"'/crates\2|g'
    done
    for crate in $crates; do rm -r "crates/$crate"; done
    rmdir crates 2>/dev/null || say "crates/ holds other crates: name each in \`members\` of Cargo.toml."
    for file in Cargo.toml fuzz/Cargo.toml; do
        cargo update --workspace --quiet --manifest-path "$file" ||
            complain "The lock file beside $file could not be brought in line (message above): the next build does it."
    done
}

# What is not committed would be lost.
require_unedited_crates() {
    git rev-parse --verify --quiet HEAD >/dev/null 2>&1 || return 0
    [ -z "$(git status --porcelain -- crates)" ] || fail "There are uncommitted changes in crates/. Commit or drop them first."
}

main "$@"
