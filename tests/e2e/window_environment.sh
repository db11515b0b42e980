#!/usr/bin/env bash
# The window opens the library that infolio-cli would open: the one of INFOLIO_LIBRARY, else the one that was set, else the usual one.
#   window_environment.sh FOLDER_OF_PROGRAMS
# Prints one line per case, "ok" or "FAIL"; exit status 1 when one failed.
set -uo pipefail
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache XDG_STATE_HOME=$work/state XDG_RUNTIME_DIR=$work
export QT_QPA_PLATFORM=offscreen DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere
unset INFOLIO_LIBRARY INFOLIO_MODEL
status=0

libraries() { (cd "$work" && find . -name library.db | sort | tr '\n' ' '); }
# expect NAME LIBRARIES VARIABLE=VALUE…: the libraries that are there once a window with these variables has opened one
expect() {
    local name=$1 wanted=$2 window
    shift 2
    env "$@" "$bin/infolio" >"$work/out" 2>&1 </dev/null &
    window=$!
    for _ in $(seq 600); do
        [ "$(libraries)" = "$wanted" ] && break
        [ -d "/proc/$window" ] || break
        sleep 0.05
    done
    kill -TERM "$window"
    wait "$window"
    if [ "$(libraries)" = "$wanted" ]; then printf 'ok    %s\n' "$name"; else
        printf 'FAIL  %s: %s\n' "$name" "$(libraries)"
        head -n 5 "$work/out"
        status=1
    fi
}
expect 'the usual library' './data/infolio/library/library.db '
rm -r "$work/data"
mkdir -p "$work/config/infolio"
printf '[library]\npath=%s\n' "$work/set" >"$work/config/infolio/settings.ini"
expect 'the one that was set' './set/library.db '
rm -r "$work/set"
expect 'INFOLIO_LIBRARY beats what was set' './said/library.db ' INFOLIO_LIBRARY="$work/said"
# Both programs do the same work on it.
printf 'Three boats lay in the harbour.\n' >"$work/boats.txt"
export INFOLIO_LIBRARY=$work/said
if "$bin/infolio-cli" read --text-only "$work/boats.txt" >"$work/out" 2>&1 && [ "$(libraries)" = './said/library.db ' ]; then printf 'ok    infolio-cli opens the same\n'; else
    printf 'FAIL  infolio-cli opens the same: %s\n' "$(libraries)"
    head -n 5 "$work/out"
    status=1
fi

# With a variable without sense the window stays on the screen and opens no library. What it says is the matter of gui.window_options and gui.main_window.
rm -r "$work/said"
INFOLIO_THREADS=many timeout 3 "$bin/infolio" >"$work/out" 2>&1 </dev/null
rc=$?
if [ $rc -eq 124 ] && [ -z "$(libraries)" ]; then printf 'ok    a variable without sense\n'; else
    printf 'FAIL  a variable without sense: exit status %d, %s\n' $rc "$(libraries)"
    head -n 5 "$work/out"
    status=1
fi
exit $status
