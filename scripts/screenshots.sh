#!/usr/bin/env bash
# What for: a picture of every page, the emulator's too, light and dark, 390 and 1280 px wide, into screenshots/, to be looked at.
# Not here: comparing pictures; they are for eyes.

. "$(dirname "$0")/env.sh"

# Pictures of a build that is too heavy are still worth having.
scripts/build.sh || fail "There is no release build to take pictures of."
cargo build --workspace --features "$FEATURES" --bins --tests

rm -rf screenshots
(cd end2end && npx --no-install playwright test --config screenshots.config.ts)
say "Written to screenshots/: $(find screenshots -name '*.png' | wc -l | tr -d ' ') pictures"
git diff --quiet -- docs/images || say "The README's picture is new too. Look at it before you commit it."
