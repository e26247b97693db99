// What for: checks a CycloneDX document of sbom.sh against what it has to list: `check-sbom.mjs crates DOCUMENT LIST`, where each
// line of LIST is name@version, or `check-sbom.mjs packages DOCUMENT package-lock.json`.
// Not here: writing documents.

import { readFileSync } from "node:fs";

const [kind, document, wanted] = process.argv.slice(2);
const { bomFormat, specVersion, metadata, components } = JSON.parse(readFileSync(document, "utf8"));
if (bomFormat !== "CycloneDX" || !specVersion || !metadata?.component?.name || !Array.isArray(components)) {
    fail("is no CycloneDX document");
}

const listed = new Set(
    [metadata.component, ...components].map(({ group, name, version }) => `${group ? `${group}/` : ""}${name}@${version}`),
);
const needed = kind === "packages" ? locked(JSON.parse(readFileSync(wanted, "utf8")).packages) : readFileSync(wanted, "utf8").trim().split("\n");
const missing = needed.filter((name) => !listed.has(name));
if (needed.length === 0 || missing.length > 0) fail(`lacks ${missing.join(", ") || "everything"}`);
console.log(`  ${listed.size} ${kind}, among them all ${needed.length} that have to be there`);

// What a lock file installs on every system.
function locked(packages) {
    return Object.entries(packages)
        .filter(([path, { optional, link }]) => path && !optional && !link)
        .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, "")}@${version}`);
}

function fail(what) {
    console.error(`${document} ${what}.`);
    process.exit(1);
}
