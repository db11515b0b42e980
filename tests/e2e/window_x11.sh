#!/usr/bin/env bash
# The window on a real X server with a window manager: it appears, takes keys, a second start hands
# its file over, Ctrl+Q ends it. Skips, and says so, where Xvfb, openbox or xdotool is missing.
# Arguments: BIN (folder with the programs), SHARE (folder with the sample book), DATA (unused).
source "$(dirname "$0")/e2e.sh"

for tool in Xvfb openbox xdotool; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: $tool is not installed"
        exit 77
    fi
done
if [ ! -x "$bin/infolio" ]; then
    echo "skipped: $bin/infolio is not built"
    exit 77
fi

export HOME=$work/home XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_CACHE_HOME=$work/cache
export XDG_STATE_HOME=$work/state XDG_RUNTIME_DIR=$work/run
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
export QT_QPA_PLATFORM=xcb
mkdir -p "$HOME" "$XDG_CONFIG_HOME" "$XDG_DATA_HOME" "$XDG_CACHE_HOME" "$XDG_STATE_HOME"
mkdir -m 700 "$XDG_RUNTIME_DIR"

# The server takes a free display by itself and says which.
Xvfb -displayfd 3 -screen 0 1600x1000x24 -nolisten tcp 3>"$work/display" 2>"$work/xvfb.log" &
server=$!
started=("$server")
trap 'kill "${started[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
within() { # SECONDS COMMAND…: until it succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}
within 10 test -s "$work/display" || { bad "Xvfb starts"; finish; }
DISPLAY=:$(cat "$work/display")
export DISPLAY
openbox --sm-disable >"$work/openbox.log" 2>&1 &
started+=($!)

printf 'Three boats lay in the harbour. It was late, and the gulls were quiet.\n' >"$work/boats.txt"
"$bin/infolio" >"$work/first.log" 2>&1 &
first=$!
started+=("$first")
window() { xdotool search --onlyvisible --name "$1" | head -n 1; }
named() { [ -n "$(window "$1")" ]; }
check "the window appears" within 20 named '^Infolio$'
check "it takes the keyboard" within 10 xdotool search --sync --onlyvisible --name Infolio windowactivate

check "a second start hands over its file and ends" timeout 20 "$bin/infolio" "$work/boats.txt"
check "the first window opens it" within 60 named 'boats.*Infolio'
keys() { xdotool key --clearmodifiers "$@"; }
dialog() { named "$1"; }
keys F1
check "F1 opens the shortcuts" within 10 dialog 'Shortcuts'
keys Escape
sleep 0.5
keys ctrl+comma
check "Ctrl+comma opens the settings" within 10 dialog 'Settings'
keys Escape
sleep 0.5
keys ctrl+f
xdotool type --delay 30 harbour
keys Return
sleep 1
keys Escape ctrl+j
xdotool type --delay 30 'How many boats?'
sleep 1
check "it still runs" kill -0 "$first"
check "the draft is kept while it runs" grep -q 'How many boats' "$XDG_CONFIG_HOME/infolio/window.ini"
check "only one window was opened" test "$(xdotool search --onlyvisible --name 'Infolio$' | wc -l)" -eq 1

keys ctrl+q
ended() { ! kill -0 "$first" 2>/dev/null; }
check "Ctrl+Q ends it" within 30 ended
wait "$first"
status=$?
check "with status 0" test "$status" -eq 0
[ "$failures" -eq 0 ] || tail -n 20 "$work/first.log"
finish
