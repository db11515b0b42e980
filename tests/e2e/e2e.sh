# Sourced by the end-to-end tests. Arguments of each test: BIN (folder with the programs), SHARE (folder with the sample book), DATA (test material).
set -uo pipefail
bin=$1
sample=$2/infolio/infolio-manual.pdf
data=$3
cli=$bin/infolio-cli
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok() { printf 'ok    %s\n' "$*"; }
bad() {
    printf 'FAIL  %s\n' "$*"
    failures=$((failures + 1))
}
check() { # WHAT COMMAND…
    local what=$1
    shift
    if "$@" >"$work/check.out" 2>&1; then ok "$what"; else
        bad "$what"
        tail -n 15 "$work/check.out"
    fi
}
finish() {
    [ "$failures" -eq 0 ]
    exit
}
# A field of the last JSON line of a type.
field() { # FILE TYPE FIELD
    python3 -c '
import json, sys
last = None
for line in open(sys.argv[1], encoding="utf-8"):
    record = json.loads(line)
    if record.get("type") == sys.argv[2]:
        last = record
value = last
for part in sys.argv[3].split("."):
    value = value.get(part) if value else None
print("" if value is None else value)' "$@"
}
