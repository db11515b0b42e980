#!/usr/bin/env bash
# Real drags from another program onto the window, over the X protocol: a file, a folder, several at once onto the field for
# questions; and what is refused, each with its sentence: a web address, a program, words. Skips, and says so, where the
# tools are missing.
# Arguments: BIN (folder with the programs), SHARE (folder with the sample book), DATA (unused).
source "$(dirname "$0")/e2e.sh"
source "$(dirname "$0")/desktop.sh"
need Xvfb openbox xdotool "$bin/infolio" "$bin/drag_source"
need_accessibility
own_folders
start_x
start_accessibility

# shellcheck disable=SC2016
book() { for i in $(seq 40); do printf 'In the %s lay %d boats, and the gulls were quiet.\n' "$1" "$i"; done; }
mkdir -p "$work/shelf/deeper" "$work/pair"
book harbour >"$work/one boat.txt"
book bay >"$work/shelf/bay.txt"
book strait >"$work/shelf/deeper/strait.md"
printf 'not a book' >"$work/shelf/picture.png"
ln -s .. "$work/shelf/deeper/loop"
book sound >"$work/pair/sound.txt"
book fjord >"$work/pair/fjord.txt"
printf 'MZ\220\0\003\0\0\0\004\0\0\0\377\377\0\0' >"$work/setup.exe"

"$bin/infolio" >"$work/window.log" 2>&1 &
first=$!
started+=("$first")
check "the window appears" within 20 named '^Infolio$' || finish
into=$(window '^Infolio$')
xdotool windowsize --sync "$into" 1240 900 windowmove --sync "$into" 20 40
says() { "$here/accessible.py" says "$1"; }
check "it is alive" within 20 says 'Drop a book here to read it'

# drag X Y KIND WORDS…: out of a window of another program to a place of ours; leaves in $fate what became of it
drag() {
    local x=$1 y=$2
    shift 2
    # The one before may have been asked for its data up to now.
    [ -z "${source:-}" ] || { kill "$source" && wait "$source"; } 2>/dev/null
    within 10 eval '! named "^Drag Source$"'
    rm -f "$work/fate"
    "$bin/drag_source" "$@" >"$work/fate" 2>"$work/drag.log" &
    source=$!
    started+=("$source")
    fate='no window to drag from'
    within 10 named '^Drag Source$' || return 1
    xdotool windowmove --sync "$(window '^Drag Source$')" 1340 700
    xdotool mousemove --sync 1440 770 mousedown 1
    local step
    for step in 1 2 3 4 5 6 7 8; do
        xdotool mousemove --sync $((1440 + (x - 1440) * step / 8)) $((770 + (y - 770) * step / 8))
        sleep 0.1
    done
    # Both programs talk about what lies under the pointer before it is let go.
    xdotool mousemove --sync $((x + 2)) "$y"
    if [ "$1" = urls ]; then within 10 says 'Drop to read'; else sleep 1; fi
    xdotool mouseup 1
    within 10 test -s "$work/fate"
    fate=$(cat "$work/fate")
    [ -n "$fate" ] || fate='nothing'
}
copied() { [ "$fate" = copied ] || { echo "it was: $fate"; return 1; }; }
refused() { [ "$fate" = refused ] || { echo "it was: $fate"; return 1; }; }
# The window holds the library; others may look at it.
holds() { "$cli" library list | grep -q -- "$1"; }
count() { [ "$("$cli" --json library list | grep -c '"type":"document"')" -eq "$1" ]; }

drag 640 420 urls "file://$work/one%20boat.txt"
check "a file is taken" copied
check "and is in the library" within 30 holds 'one boat'
check "and is open" within 30 named 'one boat.*Infolio'

drag 640 420 urls "file://$work/shelf"
check "a folder is taken" copied
check "and says what it left out" within 10 says '1 file of another kind was left out: picture.png.'
check "which can be closed" "$here/accessible.py" press 'push button' 'Close this message'
check "with the file in it" within 30 holds bay
check "and the file in a folder in it" within 30 holds strait

drag 1120 760 urls "file://$work/pair/sound.txt" "file://$work/pair/fjord.txt"
check "two files over the question are taken" copied
check "both are in the library" within 30 eval 'holds sound && holds fjord'
check "there are five documents" within 10 count 5

drag 640 420 urls "file://$work/one%20boat.txt"
check "a file that is there is taken" copied
drag 640 420 urls https://books.example/boats.pdf
check "a web address is taken" copied
check "a web address is refused in a sentence" within 10 says 'Infolio reads files of this computer and fetches nothing from the network'
drag 640 420 urls "file://$work/setup.exe"
check "a program is taken" copied
check "and refused in a sentence" within 20 says 'setup.exe is of a kind that Infolio does not read; it reads PDF, EPUB, text and Markdown.'
drag 640 420 text 'Just some words.'
check "words are refused" refused
check "there are five documents still" count 5
check "it still runs" kill -0 "$first"
[ "$failures" -eq 0 ] || tail -n 20 "$work/window.log"
finish
