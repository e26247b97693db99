#!/usr/bin/env bash
# What for: writes what a release is made of as CycloneDX documents, into target/sbom: the crates of the release binary and of the
# WASM, and the npm packages that build and test it. check-sbom.mjs sees to it that nothing is missing.
# Not here: judging what is listed (lint-supply-chain.sh).

. "$(dirname "$0")/env.sh"

FOLDER=target/sbom
NAME=leptos-scalekit
rm -rf "$FOLDER"
mkdir -p "$FOLDER"

# `crates server --features ssr`: one document.
crates() {
    local what=$1 target=$2
    shift 2
    say "Crates of the $what"
    cargo cyclonedx --quiet --format json --spec-version 1.5 --no-build-deps --target "$target" --all \
        --override-filename "$NAME-$what.cdx" "$@"
    # One document for each member of the workspace, beside its manifest; the application's has all.
    mv "$NAME-$what.cdx.json" "$FOLDER/"
    find crates -name "$NAME-$what.cdx.json" -delete
    # Without macros: they run in the compiler, on the machine that builds.
    cargo tree --package "$NAME" --edges normal,no-proc-macro --target "$target" --prefix none --format '{p}' "$@" |
        awk '{ sub(/^v/, "", $2); print $1 "@" $2 }' | sort -u >"$FOLDER/$what.wanted"
    node scripts/check-sbom.mjs crates "$FOLDER/$NAME-$what.cdx.json" "$FOLDER/$what.wanted"
    rm "$FOLDER/$what.wanted"
}

# `packages build .`: the packages of one lock file.
packages() {
    say "npm packages of the $1"
    # npm wants a version; these packages are never published and have none.
    mkdir "$FOLDER/npm"
    cp "$2/package.json" "$2/package-lock.json" "$FOLDER/npm"
    (cd "$FOLDER/npm" && npm pkg set version=0.0.0 && npm sbom --sbom-format cyclonedx --package-lock-only) >"$FOLDER/$NAME-$1.cdx.json"
    rm -r "$FOLDER/npm"
    node scripts/check-sbom.mjs packages "$FOLDER/$NAME-$1.cdx.json" "$2/package-lock.json"
}

crates server "$(rustc -vV | sed -n 's/^host: //p')" --features ssr
crates browser wasm32-unknown-unknown --no-default-features --features hydrate
packages build .
packages tests end2end
say "Written to $FOLDER:"
ls "$FOLDER"
