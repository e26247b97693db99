#!/usr/bin/env bash
# What for: judges what others wrote and the project uses: licences, sources and duplicates of crates (deny.toml), and known
# vulnerabilities of crates and npm packages. Called by lint.sh. What can't be judged for want of data is said aloud; with
# ADVISORIES=required, as in continuous integration with the internet at hand, it is a failure.
# Not here: what those packages are for: docs/dependencies.md. The list of what a release contains: sbom.sh.

. "$(dirname "$0")/env.sh"

skip() {
    [ "${ADVISORIES:-}" != required ] || fail "$1"
    printf '\033[1;33mSKIPPED:\033[0m %s\n' "$1"
}

say "Licences, sources and duplicates of crates"
cargo deny --log-level error check licenses sources bans

say "Known vulnerabilities of crates"
if timeout 60 cargo deny --log-level off fetch db >/dev/null 2>&1; then
    cargo deny --log-level error check advisories
elif [ -n "$(find "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs" -name '*.md' -print -quit 2>/dev/null)" ]; then
    say "RustSec's database can't be reached: judging by the copy that is here"
    cargo deny --log-level error check --disable-fetch advisories
else
    skip "RustSec's database can't be reached, and there is no copy: crates were not looked up."
fi

say "Known vulnerabilities of npm packages"
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
# Not end2end/observatory: a service's packages, of which one test runs a few lines against itself.
for folder in . end2end; do
    status=0
    (cd "$folder" && timeout 60 npm audit --json --audit-level=high) >"$answer" 2>/dev/null || status=$?
    if ! grep -q '"auditReportVersion"' "$answer"; then
        skip "The registry does not answer audits: the packages of $folder/package-lock.json were not looked up."
    elif [ "$status" != 0 ]; then
        (cd "$folder" && npm audit --audit-level=high) || true
        fail "Packages of $folder/package-lock.json have known vulnerabilities (above)."
    fi
done
