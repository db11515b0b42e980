#!/usr/bin/env bash
# Without a display the window ends with one sentence of its own, not with Qt's complaint and an abort.
#   no_display.sh FOLDER_OF_PROGRAMS
# Prints one line per case, "ok" or "FAIL"; exit status 1 when one failed.
set -uo pipefail
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache XDG_RUNTIME_DIR=$work
status=0

# expect NAME VARIABLE=VALUE…: the environment that offers no display
expect() {
    local name=$1 rc
    shift
    env -u DISPLAY -u WAYLAND_DISPLAY -u QT_QPA_PLATFORM "$@" timeout 60 "$bin/infolio" >"$work/out" 2>"$work/err" </dev/null
    rc=$?
    if [ $rc -eq 1 ] && [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" -eq 1 ] &&
        grep -q '^infolio: There is no display.*infolio-cli' "$work/err"; then
        printf 'ok    %s\n' "$name"
    else
        printf 'FAIL  %s: exit status %d\n' "$name" $rc
        head -n 5 "$work/err"
        status=1
    fi
}
expect 'no display'
expect 'a display that is not there' DISPLAY=:987
expect 'a Wayland display that is not there' WAYLAND_DISPLAY=nothing
expect 'a platform that is not there' QT_QPA_PLATFORM=nonsense

# The same program where there is one, so that the cases above are known to fail for want of a display alone.
QT_QPA_PLATFORM=offscreen timeout 5 "$bin/infolio" >"$work/out" 2>"$work/err" </dev/null
rc=$?
if [ $rc -eq 124 ]; then printf 'ok    offscreen\n'; else
    printf 'FAIL  offscreen: exit status %d\n' $rc
    head -n 5 "$work/err"
    status=1
fi
# Words are answered without one.
if env -u DISPLAY -u WAYLAND_DISPLAY -u QT_QPA_PLATFORM "$bin/infolio" --version | grep -q '^infolio [0-9]'; then printf 'ok    --version\n'; else
    printf 'FAIL  --version\n'
    status=1
fi
exit $status
