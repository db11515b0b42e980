#!/usr/bin/env bash
# A closed pipe ends quietly, a full standard output is said, JSON is JSON, and nothing waits for a terminal.
#   pipes.sh FOLDER_OF_PROGRAMS MODEL
set -uo pipefail
bin=$1 model=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME=$work/data XDG_CACHE_HOME=$work/cache XDG_STATE_HOME=$work/state
export INFOLIO_MODEL=$model INFOLIO_LIBRARY=$work/library INFOLIO_THREADS=2
cd "$work" || exit 1
/usr/bin/python3 "$here/make_bad_files.py" "$work" "$model" || exit 1
fail() { printf 'FAIL  %s\n' "$*"; exit 1; }
cli() { timeout 300 "$bin/infolio-cli" "$@" </dev/null; }

cli -q read --text-only huge.txt >/dev/null 2>err || fail "$(head -n 1 err)"
cli search --all harbour 2>err | head -n 1 >out
[ "${PIPESTATUS[0]}" -eq 0 ] || fail "a closed pipe gives status ${PIPESTATUS[0]}"
[ -s err ] && fail "a closed pipe is complained about: $(head -n 1 err)"
printf 'ok    a closed pipe ends quietly\n'

cli search harbour >/dev/full 2>err
status=$?
[ $status -eq 7 ] || fail "a full standard output gives status $status"
grep -q 'cannot be written' err || fail "a full standard output is not said"
printf 'ok    a full standard output is said\n'

for words in "library list" "library show huge" "search boats" "export huge --what outline" "--version" "library verify" "nonsense"; do
    # shellcheck disable=SC2086
    cli --json $words >out 2>err
    status=$?
    [ -s err ] && fail "--json $words: standard error is not empty: $(head -n 1 err)"
    STATUS=$status /usr/bin/python3 - <<'P' || fail "--json $words"
import json, os
records = [json.loads(line) for line in open("out", encoding="utf-8")]
assert all(r["v"] == 1 and r["type"] for r in records)
assert [r["type"] for r in records].count("done") == 1 and records[-1]["type"] == "done"
assert records[-1]["exit"] == int(os.environ["STATUS"])
P
done
printf 'ok    JSON is JSON, done is last\n'

cli library remove huge 2>err && fail "removal without consent"
grep -q -e '--yes' err || fail "--yes is not named"
printf 'ok    removal needs consent\n'

export LC_ALL=C
cli export huge --what text -o huge.out >/dev/null 2>err || fail "export: $(head -n 1 err)"
[ -s huge.out ] || fail "the export is empty"
cli export huge --what text -o huge.out >/dev/null 2>err
[ $? -eq 2 ] || fail "an existing file is replaced"
printf 'ok    an existing file is not replaced\n'
