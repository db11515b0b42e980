#!/usr/bin/env bash
# Ctrl-C while a book is being read keeps what was read; the same command goes on there and ends where an undisturbed
# reading ends. A second Ctrl-C ends at once.
#   interrupt.sh FOLDER_OF_PROGRAMS MODEL
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

# Starts a reading as `reader`, without the shell's habit of shielding background jobs from Ctrl-C, and waits until it
# has read a part.
start() {
    rm -f err
    /usr/bin/python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$bin/infolio-cli" --progress plain read --segment 256 long.txt >out 2>err &
    reader=$!
    for _ in $(seq 1200); do
        grep -q '^reading' err 2>/dev/null && return
        kill -0 "$reader" 2>/dev/null || fail "the reading ended early: $(tail -n 1 err)"
        sleep 0.05
    done
    fail "no progress within a minute"
}

start
kill -INT "$reader"
wait "$reader"
status=$?
[ $status -eq 130 ] || fail "exit status $status instead of 130"
"$bin/infolio-cli" --json library show long.txt | grep -q '"state":"paused"' || fail "the document is not paused"
printf 'ok    Ctrl-C ends with 130, the document is paused\n'

start
kill -TERM "$reader"
wait "$reader"
status=$?
[ $status -eq 143 ] || fail "exit status $status instead of 143"
printf 'ok    SIGTERM ends with 143\n'

start
kill -INT "$reader"
sleep 0.01
kill -INT "$reader" 2>/dev/null
wait "$reader"
status=$?
[ $status -eq 130 ] || fail "exit status $status instead of 130 after two signals"
printf 'ok    a second Ctrl-C ends with 130\n'

"$bin/infolio-cli" -q read --segment 256 long.txt >out 2>err || fail "the reading does not go on: $(head -n 1 err)"
"$bin/infolio-cli" --json library show long.txt | grep -q '"state":"read"' || fail "the document is not read"
"$bin/infolio-cli" library verify --replay >out 2>err || fail "another memory than an undisturbed reading's: $(cat out err)"
printf 'ok    the reading goes on and ends with the same memory\n'
