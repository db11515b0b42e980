#!/usr/bin/env bash
# The window on a real X server with a window manager: it appears, takes keys, a second start hands
# its file over, Ctrl+Q ends it. Skips, and says so, where Xvfb, openbox or xdotool is missing.
# Arguments: BIN (folder with the programs), SHARE (folder with the sample book), DATA (unused).
source "$(dirname "$0")/e2e.sh"
source "$(dirname "$0")/desktop.sh"
need Xvfb openbox xdotool "$bin/infolio"
own_folders
start_x

printf 'Three boats lay in the harbour. It was late, and the gulls were quiet.\n' >"$work/boats.txt"
"$bin/infolio" >"$work/first.log" 2>&1 &
first=$!
started+=("$first")
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
