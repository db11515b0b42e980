#!/usr/bin/env bash
# A window that falls leaves a report and ends by the signal; the next start takes it; a window that is asked to end leaves nothing.
#   lost_run.sh FOLDER_OF_PROGRAMS
# Prints one line per case, "ok" or "FAIL"; exit status 1 when one failed.
set -uo pipefail
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache XDG_STATE_HOME=$work/state XDG_RUNTIME_DIR=$work
export QT_QPA_PLATFORM=offscreen DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere
state=$work/state/infolio
status=0

check() { # NAME COMMAND…
    local name=$1
    shift
    if "$@"; then printf 'ok    %s\n' "$name"; else
        printf 'FAIL  %s\n' "$name"
        ls -R "$state"
        status=1
    fi
}
# Starts a window and waits for the library, which it opens after the window is there.
start() {
    "$bin/infolio" >"$work/out" 2>&1 </dev/null &
    window=$!
    for _ in $(seq 600); do
        [ -e "$state/run-$window.running" ] && [ -n "$(find "$work/data" -name library.db 2>>"$work/shell")" ] && return
        [ -d "/proc/$window" ] || return
        sleep 0.05
    done
}
# end SIGNAL: sets rc to the exit status of the window. The shell's own word about it goes elsewhere.
end() {
    kill "-$1" "$window"
    wait "$window" 2>"$work/shell"
    rc=$?
} 2>>"$work/shell"

start
check 'a run is marked' test -e "$state/run-$window.running"
end SEGV
check 'a fault ends it by its signal' test $rc -eq $((128 + 11))
check 'a fault leaves a report' grep -q '^signal SIGSEGV' "$state/run-$window.crash"
check 'it names the build' grep -Eq '^build [0-9a-f]{8,}' "$state/run-$window.crash"
check 'it names no folder' sh -c "! grep -q / '$state/run-$window.crash'"
start
check 'the next start takes the report' test -e "$state/last-crash.txt"
check 'and the marker' test "$(find "$state" -name '*.running' | wc -l)" -eq 1
end TERM
check 'asked to end, it leaves no marker' test "$(find "$state" -name 'run-*' | wc -l)" -eq 0
exit $status
