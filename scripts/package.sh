#!/usr/bin/env bash
# What for: makes a package of each crate in crates/, as crates.io would get it, without uploading anything: `package.sh`, or
# `package.sh --verify` to compile each package by itself too. They are made together, since none is published yet and one may need
# another. Ends with the order in which they would be published.
# Not here: publishing; docs/releasing.md of the template says what is missing for that.

. "$(dirname "$0")/env.sh"

# The crates of crates/ that a crate depends on. Not for tests: of those, packages say nothing.
needs() {
    awk '/^\[/ { inside = ($0 == "[dependencies]") } inside { sub(/[ .=].*/, ""); if ($0 != "") print }' "crates/$1/Cargo.toml" |
        while read -r name; do [ ! -d "crates/$name" ] || echo "$name"; done
}

# Each crate after those that it needs.
in_order() {
    local done=" " crate need ready progress
    while :; do
        progress=""
        for crate in $(cd crates && ls); do
            case "$done" in *" $crate "*) continue ;; esac
            ready=yes
            for need in $(needs "$crate"); do
                case "$done" in *" $need "*) ;; *) ready="" ;; esac
            done
            if [ -n "$ready" ]; then
                echo "$crate"
                done="$done$crate "
                progress=yes
            fi
        done
        [ -n "$progress" ] || return 0
    done
}

verify=--no-verify
[ "${1:-}" != --verify ] || verify=""
crates=$(in_order)
[ "$(wc -w <<<"$crates")" = "$(find crates -mindepth 1 -maxdepth 1 -type d | wc -l | tr -d ' ')" ] || fail "Crates of crates/ need each other in a circle."
say "Packages of the crates"
packages=()
for crate in $crates; do
    packages+=(--package "$crate")
    for file in README.md CHANGELOG.md LICENSE; do
        [ -e "crates/$crate/$file" ] || fail "crates/$crate has no $file: whoever gets the package gets it without."
    done
done
pack() { cargo package --quiet --allow-dirty ${verify:+"$verify"} "${packages[@]}" "$@"; }
# Their dependencies are here already, unless something was just added.
pack --offline 2>/dev/null || pack
say "Right. They would be published in this order: $(echo "$crates" | tr '\n' ' ')"
