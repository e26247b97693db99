#!/usr/bin/env bash
# What for: turns a copy of this repository into a project of its own: `start-project.sh NAME [PART…]` removes the parts named and
# what only the template needs, puts documents of the project in place of the template's, and NAME in place of leptos-scalekit
# everywhere: package, binary, file names, texts. With `--engine-by-tag` in front, the crates of crates/ are depended on instead of
# carried. `cargo generate` calls it; after a plain clone, call it yourself.
# Not here: asking (cargo-generate.toml), removing (remove-part.sh), the engine by tag (engine-by-tag.sh). The crates stay as they are.

. "$(dirname "$0")/env.sh"

# All in a function: this file removes itself.
main() {
    local by_tag=""
    if [ "${1:-}" = --engine-by-tag ]; then
        by_tag=yes
        shift
    fi
    [ $# -gt 0 ] || fail "Say the project's name, and the parts to leave out: start-project.sh my-app redis"
    local name=$1
    shift
    require_a_package_name "$name"
    scripts/remove-part.sh "$@" template
    own_documents "$*"
    [ -z "$by_tag" ] || scripts/engine-by-tag.sh
    if has node; then node scripts/unlink.mjs; fi
    say "Renaming leptos-scalekit to $name"
    rename_contents "$name"
    rename_files "$name"
    # Names of another length break lines and sort imports elsewhere.
    { cargo fmt --all && cargo fmt --manifest-path fuzz/Cargo.toml; } ||
        complain "The sources could not be formatted (message above): run \`cargo fmt --all\`."
    say "$name is ready: \`make run\`, and README.md. To fill in: $(grep -rl 'Fill in:' README.md CHANGELOG.md LICENSE SECURITY.md | tr '\n' ' ')"
}

require_a_package_name() {
    [[ $1 =~ ^[a-z][a-z0-9]*(-[a-z0-9]+)*$ ]] ||
        fail "$1 can't be the project's name: small letters and digits, words joined by single hyphens, a letter first."
    case "$1" in
        alloc | core | proc-macro | std | test | app | build | deps | examples | incremental) fail "$1 can't be the project's name: Rust uses it." ;;
    esac
    ! grep -qxF "name = \"$1\"" Cargo.lock || fail "$1 can't be the project's name: a package that the project uses has it."
}

# The project's own README, changelog, licence and security page begin as pages to fill in. The template's licence stays beside them: its
# notice has to stay with what came from here.
own_documents() {
    local left_out=${1:-nothing} version
    version=$(engine_field version)
    mkdir -p licenses/template
    mv LICENSE licenses/template/LICENSE
    mv docs/template/* .
    rmdir docs/template
    rewrite README.md sed -e "s/LEFT_OUT/${left_out// /, }/"
    rewrite CHANGELOG.md sed -e "s/ENGINE_VERSION/$version/"
    # Whose licence that was.
    rewrite Cargo.toml sed -e '/^\[package\]/,/^\[lib\]/{' -e '/^license = /d' -e '}'
}

# Everything but the licences, whose notice must stay, and addresses of the template itself.
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
