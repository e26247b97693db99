#!/bin/sh
# What for: `backup.sh DATABASE FOLDER` writes a copy of a live SQLite database as of one moment into FOLDER, checks it, and removes
# all but the newest seven.
# Not here: copying the file with cp, which may catch it between two states.
set -eu

database=$1
folder=$2
keep=7

umask 077
mkdir -p "$folder"
copy="$folder/sessions-$(date -u +%Y%m%dT%H%M%SZ).db"
trap 'rm -f "$copy.part"' EXIT
rm -f "$copy.part"

# Not read-only: a reader of a database with a write-ahead log has to take its place in the shared index. Waits for a writer.
sqlite3 -cmd '.timeout 5000' "$database" "VACUUM INTO '$copy.part'"
[ "$(sqlite3 "$copy.part" 'PRAGMA integrity_check')" = ok ]
mv "$copy.part" "$copy"

# Names sort by time, oldest first.
set -- "$folder"/sessions-*.db
while [ $# -gt "$keep" ]; do
    rm -f "$1"
    shift
done
echo "$copy"
