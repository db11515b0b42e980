#!/usr/bin/env bash
# The window under a Wayland compositor without a screen: it shows itself under its own name, reads a file that a second start
# hands over, and ends cleanly from its menu. Skips, and says so, where weston or Qt's part for Wayland is missing.
# Arguments: BIN (folder with the programs), SHARE (folder with the sample book), DATA (unused).
source "$(dirname "$0")/e2e.sh"
source "$(dirname "$0")/desktop.sh"
need weston "$bin/infolio"
find /usr/lib -name libqwayland-generic.so -path '*qt6*' 2>/dev/null | grep -q . || skip "qt6-wayland is not installed"
need_accessibility
own_folders
weston --backend=headless-backend.so --use-pixman --width=1600 --height=1000 --socket=wayland-infolio --idle-time=0 \
    >"$work/weston.log" 2>&1 &
compositor=$!
started+=("$compositor")
export QT_QPA_PLATFORM=wayland WAYLAND_DISPLAY=wayland-infolio
check "the compositor starts" within 20 test -S "$XDG_RUNTIME_DIR/$WAYLAND_DISPLAY" || finish
start_accessibility

WAYLAND_DEBUG=1 "$bin/infolio" >"$work/window.log" 2>&1 &
first=$!
started+=("$first")
told() { grep -qE -- "$1" "$work/window.log"; }
says() { "$here/accessible.py" says "$1"; }
check "the window says who it is" within 20 told 'xdg_toplevel@[0-9]+\.set_app_id\("org\.infolio\.Infolio"\)'
check "it has a title" within 20 told 'xdg_toplevel@[0-9]+\.set_title\("Infolio"\)'
check "the compositor gives it a place" within 20 told 'xdg_toplevel@[0-9]+\.configure\('
check "it shows a picture of itself" within 20 told 'wl_surface@[0-9]+\.attach\(wl_buffer@[0-9]+'
check "it is alive" within 20 says 'Drop a book here to read it'

printf 'Three boats lay in the harbour. It was late, and the gulls were quiet.\n' >"$work/boats.txt"
check "a second start hands over its file and ends" timeout 20 "$bin/infolio" "$work/boats.txt"
check "the first window opens it" within 30 told 'set_title\("boats – Infolio"\)'
check "the compositor found nothing wrong" eval '! told "wl_display@1\.error"'

check "Quit is in the menu" "$here/accessible.py" press 'menu item' Quit
ended() { ! kill -0 "$first" 2>/dev/null; }
check "it ends" within 20 ended
wait "$first"
status=$?
check "with status 0" test "$status" -eq 0
check "the compositor still runs" kill -0 "$compositor"
[ "$failures" -eq 0 ] || { tail -n 20 "$work/weston.log"; grep -v '^\[' "$work/window.log" | tail -n 20; }
finish
