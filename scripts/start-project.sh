#!/usr/bin/env bash
# What for: turns a copy of this repository into a project of its own: `start-project.sh NAME [PART…]` removes the parts named and
# what only the template needs, and puts NAME in place of leptos-scalekit everywhere: package, binary, file names, texts.
# `cargo generate` calls it; after a plain clone, call it yourself.
# Not here: asking (cargo-generate.toml), removing (remove-part.sh). The licence stays as it is, and so do the two crates.

. "$(dirname "$0")/env.sh"

# All in a function: this file removes itself.
main() {
    [ $# -gt 0 ] || fail "Say the project's name, and the parts to leave out: start-project.sh my-app redis"
    local name=$1
    shift
    require_a_package_name "$name"
    scripts/remove-part.sh "$@" template
    say "Renaming leptos-scalekit to $name"
    rename_contents "$name"
    rename_files "$name"
    # Names of another length break lines and sort imports elsewhere.
    { cargo fmt --all && cargo fmt --manifest-path fuzz/Cargo.toml; } ||
        complain "The sources could not be formatted (message above): run \`cargo fmt --all\`."
    say "$name is ready: \`make run\`, and README.md"
}

require_a_package_name() {
    [[ $1 =~ ^[a-z][a-z0-9]*(-[a-z0-9]+)*$ ]] ||
        fail "$1 can't be the project's name: small letters and digits, words joined by single hyphens, a letter first."
    case "$1" in
        alloc | core | proc-macro | std | test | app | build | deps | examples | incremental) fail "$1 can't be the project's name: Rust uses it." ;;
    esac
    ! grep -qxF "name = \"$1\"" Cargo.lock || fail "$1 can't be the project's name: a package that the project uses has it."
}

# Everything but the licence, whose notice must stay, and addresses of the template itself.
rename_contents() {
    local name=$1 file new
    new=$(mktemp)
    grep -rlIE --exclude-dir=.git --exclude-dir=target --exclude-dir=node_modules --exclude=LICENSE 'leptos[-_]scalekit' . |
        while read -r file; do
            sed -e '/github\.com\/leptos-scalekit/!s/leptos-scalekit/'"$name"'/g' \
                -e '/github\.com\/leptos-scalekit/!s/leptos_scalekit/'"${name//-/_}"'/g' "$file" >"$new"
            cat "$new" >"$file"
        done
    rm "$new"
}

rename_files() {
    local path
    find . \( -name .git -o -name target -o -name node_modules \) -prune -o -name '*leptos-scalekit*' -print | while read -r path; do
        mv "$path" "$(dirname "$path")/$(basename "$path" | sed "s/leptos-scalekit/$1/g")"
    done
}

main "$@"
