#!/usr/bin/env bash
# What must not be read, opened or written ends in a sentence and its exit status, and nothing is lost.
#   bad_input.sh FOLDER_OF_PROGRAMS MODEL
# Prints one line per case, "ok" or "FAIL"; exit status 1 when one failed.
set -uo pipefail
bin=$1 model=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Mounting small file systems needs a mount namespace of its own; where none is to be had those cases are skipped.
if [ -z "${INFOLIO_MOUNTS:-}" ]; then
    export INFOLIO_MOUNTS=no
    for how in "unshare -m" "unshare -Urm"; do
        if $how true 2>/dev/null; then
            INFOLIO_MOUNTS=yes exec $how "$0" "$@"
        fi
    done
fi

work=$(mktemp -d)
trap 'umount "$work"/disk* 2>/dev/null; rm -rf "$work"' EXIT
export XDG_DATA_HOME=$work/data XDG_CACHE_HOME=$work/cache XDG_STATE_HOME=$work/state
export INFOLIO_MODEL=$model INFOLIO_LIBRARY=$work/library INFOLIO_THREADS=2
unset INFOLIO_MODE INFOLIO_DEVICE INFOLIO_ADAPTER INFOLIO_SEED
cd "$work" || exit 1
/usr/bin/python3 "$here/make_bad_files.py" "$work" "$model" || exit 1

passed=0 failed=0
report() { # ok|FAIL NAME DETAIL
    printf '%-5s %s%s\n' "$1" "$2" "${3:+: $3}"
    if [ "$1" = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}
cli() { timeout 300 "$bin/infolio-cli" "$@" </dev/null; }

# expect NAME STATUS CODE ARGS…: the exit status, one sentence on standard error and none on standard output; the same
# with --json as an error record with that code, done last, standard error empty. CODE - means that no error is due.
expect() {
    local name=$1 status=$2 code=$3 got
    shift 3
    cli -q "$@" >out 2>err
    got=$?
    if [ $got -ne "$status" ]; then
        report FAIL "$name" "exit status $got instead of $status; $(head -n 1 err)"
        return
    fi
    if [ "$code" != - ] && ! grep -q '^infolio-cli: [^ ].* .*[.!?]\?$' err; then
        report FAIL "$name" "no sentence on standard error: $(head -n 1 err)"
        return
    fi
    if grep -q $'[^\t -~\x80-\xff]' err; then
        report FAIL "$name" "control characters on standard error"
        return
    fi
    local sentence
    sentence=$(grep -m 1 '^infolio-cli: ' err)
    cli --json "$@" >out 2>err
    got=$?
    if [ $got -ne "$status" ]; then
        report FAIL "$name" "exit status $got with --json instead of $status"
    elif [ -s err ]; then
        report FAIL "$name" "standard error is not empty with --json: $(head -n 1 err)"
    elif ! tail -n 1 out | grep -q "\"type\":\"done\",\"exit\":$status,"; then
        report FAIL "$name" "done is not the last record"
    elif [ "$code" != - ] && ! grep -q "\"type\":\"error\",\"code\":\"$code\"" out; then
        report FAIL "$name" "not $code: $(grep -o '"type":"error".*' out | head -n 1)"
    else
        report ok "$name" "${sentence#infolio-cli: }"
    fi
}

# keeps NAME LIBRARY: the good document is still there, whole, and can be searched.
keeps() {
    if ! cli -q --library "$2" search harbour >out 2>err; then
        report FAIL "$1" "the document is gone: $(head -n 1 err)"
    elif ! cli -q --library "$2" library verify >out 2>err; then
        report FAIL "$1" "verify fails: $(cat out err | head -n 3 | tr '\n' ' ')"
    else
        report ok "$1"
    fi
}

expect "a good file" 0 - read good.txt

# Files that cannot be read.
expect "empty text file" 4 BadFile read --text-only empty.txt
expect "text file of blanks" 4 NoText read --text-only blank.txt
expect "empty PDF" 4 BadFile read --text-only empty.pdf
expect "text renamed to .pdf" 0 - read --text-only renamed.pdf
expect "bytes named .txt" 4 Unsupported read --text-only binary.txt
expect "PDF that is only a header" 4 BadFile read --text-only header-only.pdf
expect "PDF without pages" 4 BadFile read --text-only no-pages.pdf
expect "encrypted PDF without a password" 4 Locked read --text-only locked.pdf
expect "encrypted PDF with a wrong password" 4 Locked read --text-only --password-file wrong-password locked.pdf
expect "encrypted PDF with its password" 0 - read --text-only --password-file password locked.pdf
expect "folder" 4 NotAFile read --text-only folder
expect "FIFO" 4 NotAFile read --text-only fifo
expect "device" 4 NotAFile read --text-only /dev/null
expect "missing file" 4 FileMissing read --text-only nowhere.pdf
expect "some good, some bad" 3 BadFile read --text-only empty.pdf good.txt nowhere.pdf
cli -q read --text-only truncated.pdf >out 2>err
case $? in
0 | 4) report ok "truncated PDF" "$(cat out err | head -n 1)" ;;
*) report FAIL "truncated PDF" "$(head -n 1 err)" ;;
esac
keeps "bad files leave the library whole" library

# Models that cannot be used.
expect "GGUF cut in half" 5 BadWeights --model half.gguf read --again good.txt
expect "GGUF of an unknown family" 5 BadWeights --model family.gguf read --again good.txt
expect "empty GGUF" 5 BadWeights --model empty.gguf read --again good.txt
expect "text named .gguf" 5 BadWeights --model text.gguf ask good.txt "How many boats?"
expect "missing model" 5 NoModel --model nowhere.gguf read good.txt
keeps "bad models leave the library whole" library

# Words that mean nothing here.
expect "document that was never read" 2 NotInLibrary ask nowhere.pdf "How many boats?"
expect "page outside the document" 2 WrongUse ask good.txt "How many boats?" --as-of loc:9999
expect "question that does not fit" 2 DoesNotFit ask good.txt "$(printf 'boats and gulls %.0s' {1..4000})"

# Libraries that cannot be used.
cp -r library newer
/usr/bin/python3 -c 'import sqlite3; d = sqlite3.connect("newer/library.db"); d.execute("PRAGMA user_version = 9999"); d.commit(); d.close()'
before=$(sha256sum <newer/library.db)
expect "library of a newer version" 6 Newer --library newer read --text-only good.txt
if [ "$before" = "$(sha256sum <newer/library.db)" ]; then
    report ok "the newer library is untouched"
else
    report FAIL "the newer library is untouched"
fi
mkdir junk && head -c 100000 /dev/urandom >junk/library.db
before=$(sha256sum <junk/library.db)
expect "library of random bytes" 6 BadLibrary --library junk library list
if [ "$before" = "$(sha256sum <junk/library.db)" ]; then
    report ok "the file that is no library is untouched"
else
    report FAIL "the file that is no library is untouched"
fi
expect "library that is a file" 6 BadLibrary --library good.txt library list

if [ "$INFOLIO_MOUNTS" = yes ]; then
    mkdir disk1 disk2 disk3
    # The text of a book does not fit; with room it does.
    mount -t tmpfs -o size=3m tmpfs disk1
    expect "a small file on a small disk" 0 - --library disk1 read --text-only good.txt
    expect "full disk while the text is stored" 7 DiskFull --library disk1 read --text-only huge.txt
    keeps "a full disk loses nothing" disk1
    mount -o remount,size=200m disk1
    expect "with room the same command goes on" 0 - --library disk1 read --text-only huge.txt
    # The text fits, the memory does not.
    mount -t tmpfs -o size=8m tmpfs disk2
    expect "text of a book on another small disk" 0 - --library disk2 read --text-only long.txt
    dd if=/dev/zero of=disk2/filler bs=64k status=none 2>/dev/null
    expect "full disk while the memory is stored" 7 DiskFull --library disk2 read long.txt
    rm disk2/filler
    keeps "a full disk loses no text" disk2
    expect "with room the reading goes on" 0 - --library disk2 read long.txt
    # A library that can be read but not written.
    cp -r library/. disk3
    mount --bind disk3 disk3 && mount -o remount,ro,bind disk3
    expect "read-only library" 6 ReadOnly --library disk3 read --text-only long.txt
    expect "read-only library, removing" 6 ReadOnly --library disk3 library remove --yes good.txt
    keeps "a read-only library can be searched" disk3
    expect "read-only library, asking" 0 - --library disk3 ask good.txt "How many boats?" --conversation log
    if grep -q '"type":"notice".*is not kept' out; then
        report ok "an answer that is not kept says so"
    else
        report FAIL "an answer that is not kept says so"
    fi
    expect "read-only library, reading again to compare" 0 - --library disk3 library verify --replay good.txt
    umount disk3
else
    printf 'skip  %s\n' "full disk and read-only library: file systems cannot be mounted here"
fi

# One process reads into a library at a time, and says who.
cli -q --library busy read --text-only good.txt >out 2>err
timeout 300 "$bin/infolio-cli" --library busy --progress plain read huge.txt </dev/null >busy.out 2>busy.err &
reader=$!
for _ in $(seq 1200); do
    grep -qs '^reading' busy.err && break
    sleep 0.1
done
expect "library in use by another process" 6 LibraryBusy --library busy read --text-only long.txt
if grep -q 'process [0-9]' out; then
    report ok "the process is named"
else
    report FAIL "the process is named"
fi
kill -TERM "$reader" 2>/dev/null
wait "$reader" 2>/dev/null
keeps "the library in use is whole" busy

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
