#!/usr/bin/env bash
# What for: writes what a release is made of as CycloneDX documents, into target/sbom: the crates of the release binary and of the
# WASM, and the npm packages that build it. Then checks that no crate which cargo would compile for them is missing.
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
    cargo tree --package "$NAME" --edges normal --target "$target" --prefix none --format '{p}' "$@" |
        awk '{ sub(/^v/, "", $2); print $1 "@" $2 }' | sort -u >"$FOLDER/$what.wanted"
    node -e '
        const [document, wanted] = process.argv.slice(1).map((path) => require("fs").readFileSync(path, "utf8"));
        const { bomFormat, specVersion, metadata, components } = JSON.parse(document);
        if (bomFormat !== "CycloneDX" || !specVersion || !metadata?.component?.name) throw new Error("not a CycloneDX document");
        const listed = new Set([metadata.component, ...components].map(({ name, version }) => `${name}@${version}`));
        const missing = wanted.trim().split("\n").filter((crate) => !listed.has(crate));
        if (missing.length > 0) throw new Error(`missing: ${missing.join(", ")}`);
        console.log(`  ${listed.size} crates, with all ${wanted.trim().split("\n").length} of cargo tree`);
    ' "$FOLDER/$NAME-$what.cdx.json" "$FOLDER/$what.wanted"
    rm "$FOLDER/$what.wanted"
}

# `packages build .`: the packages of one lock file.
packages() {
    say "npm packages of the $1"
    (cd "$2" && npm sbom --sbom-format cyclonedx --package-lock-only) >"$FOLDER/$NAME-$1.cdx.json"
    node -e '
        const { readFileSync } = require("fs");
        const { bomFormat, components } = JSON.parse(readFileSync(process.argv[1], "utf8"));
        if (bomFormat !== "CycloneDX") throw new Error("not a CycloneDX document");
        const locked = JSON.parse(readFileSync(process.argv[2], "utf8")).packages;
        const listed = new Set(components.map(({ name, version, group }) => `${group ? `${group}/` : ""}${name}@${version}`));
        const wanted = Object.entries(locked).filter(([path, { optional, link }]) => path && !optional && !link)
            .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, "")}@${version}`);
        const missing = wanted.filter((name) => !listed.has(name));
        if (missing.length > 0) throw new Error(`missing: ${missing.join(", ")}`);
        console.log(`  ${listed.size} packages`);
    ' "$FOLDER/$NAME-$1.cdx.json" "$2/package-lock.json"
}

crates server "$(rustc -vV | sed -n 's/^host: //p')" --features ssr
crates browser wasm32-unknown-unknown --no-default-features --features hydrate
packages build .
packages tests end2end
say "Written to $FOLDER:"
ls "$FOLDER"
