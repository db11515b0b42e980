# Sourced after e2e.sh by the tests that look at the window from outside: folders of the test's own, an X server with a
# window manager, a session bus, and what finds windows on them. What it starts ends with the test.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
started=()
trap 'kill "${started[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

skip() {
    printf 'skipped: %s\n' "$*"
    exit 77
}
need() { # PROGRAM…: those of Debian's packages and, with a path, those that are built
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
}
within() { # SECONDS COMMAND…: until it succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}
own_folders() {
    export HOME=$work/home XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_CACHE_HOME=$work/cache
    export XDG_STATE_HOME=$work/state XDG_RUNTIME_DIR=$work/run
    unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
    mkdir -p "$HOME" "$XDG_CONFIG_HOME" "$XDG_DATA_HOME" "$XDG_CACHE_HOME" "$XDG_STATE_HOME"
    mkdir -m 700 "$XDG_RUNTIME_DIR"
}
start_x() {
    # The server takes a free display by itself and says which.
    Xvfb -displayfd 3 -screen 0 1600x1000x24 -nolisten tcp 3>"$work/display" 2>"$work/xvfb.log" &
    started+=($!)
    within 10 test -s "$work/display" || { bad "Xvfb starts"; finish; }
    DISPLAY=:$(cat "$work/display")
    export DISPLAY QT_QPA_PLATFORM=xcb
    openbox --sm-disable >"$work/openbox.log" 2>&1 &
    started+=($!)
}
# A bus with what a screen reader uses; the window tells of itself as if one ran.
start_accessibility() {
    dbus-daemon --session --nofork --print-address=3 3>"$work/bus" 2>"$work/bus.log" &
    started+=($!)
    within 10 test -s "$work/bus" || { bad "the session bus starts"; finish; }
    DBUS_SESSION_BUS_ADDRESS=$(cat "$work/bus")
    export DBUS_SESSION_BUS_ADDRESS QT_LINUX_ACCESSIBILITY_ALWAYS_ON=1
    /usr/libexec/at-spi-bus-launcher --launch-immediately >"$work/at-spi.log" 2>&1 &
    started+=($!)
    within 10 dbus-send --session --print-reply --dest=org.a11y.Bus /org/a11y/bus org.a11y.Bus.GetAddress ||
        { bad "the bus of the screen readers starts"; finish; }
}
need_accessibility() {
    need dbus-daemon dbus-send /usr/libexec/at-spi-bus-launcher
    /usr/bin/python3 -c 'import gi; gi.require_version("Atspi", "2.0")' 2>/dev/null ||
        skip "python3-gi or gir1.2-atspi-2.0 is not installed"
}
window() { xdotool search --onlyvisible --name "$1" | head -n 1; }
named() { [ -n "$(window "$1")" ]; }
