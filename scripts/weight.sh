#!/usr/bin/env bash
# What for: how much there is to own, as a table: `scripts/weight.sh`, or of another checkout: `scripts/weight.sh FOLDER`. A line of code
# counts with its comments and blank lines; tests inside src/ count as src/.
# Not here: what a browser downloads (build.sh), how fast anything is (bench.sh).

set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

row() { printf '| %-42s | %s |\n' "$1" "$2"; }

# Lines of each Rust file below the folders, one number a line.
lengths() { git ls-files -z "$@" | grep -z '\.rs$' | xargs -0 wc -l | awk '$2 != "total" { print $1 }' | sort -n; }

total() { awk '{ lines += $1 } END { print lines + 0 }'; }

tags() { git grep -hE '(//|#|<!--) (part: [a-z-]+( [{}])?( -->)?( \|)?$|without [a-z-]+: )' -- "$@" | wc -l; }

row "what" "figure"
row "---" "---"
row "files in src/" "$(lengths src | wc -l)"
row "lines in src/" "$(lengths src | total)"
row "median lines of a file in src/" "$(lengths src | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }')"
row "nine of ten files in src/ have at most" "$(lengths src | awk '{ all[NR] = $1 } END { print all[int(NR * 0.9 + 0.999)] }')"
row "part tags" "$(tags .)"
row "part tags in src/" "$(tags src)"
row "part tags in crates/" "$(tags crates)"
row "words in README.md" "$(wc -w <README.md)"
for crate in crates/*/; do
    name=$(basename "$crate")
    row "lines in $name" "$(lengths "$crate" | total)"
    row "public items of $name (lines)" "$(git grep -hE '^ *pub (async |const |unsafe )*(fn|struct|enum|trait|type|mod|use|const|static) ' -- "$crate/src" | wc -l)"
done
