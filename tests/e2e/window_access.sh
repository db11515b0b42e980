#!/usr/bin/env bash
# The window through the eyes of a screen reader: access_walk.py does every task through AT-SPI. Skips, and says so, where the
# tools or the model are missing.
# Arguments: BIN (folder with the programs), SHARE (folder with the sample book), DATA (unused).
source "$(dirname "$0")/e2e.sh"
source "$(dirname "$0")/desktop.sh"
need Xvfb openbox xdotool "$bin/infolio"
need_accessibility
[ -e "${INFOLIO_MODEL:-}" ] || skip "there is no model; INFOLIO_MODEL names one"
own_folders
mkdir -p "$XDG_CACHE_HOME/infolio/models"
ln -s "$INFOLIO_MODEL" "$XDG_CACHE_HOME/infolio/models/"
start_x
start_accessibility

/usr/bin/python3 - "$work/keys.pdf" <<'BOOK' || skip "python3-reportlab is not installed"
import sys
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen.canvas import Canvas

CHAPTERS = {
    "The voyage": ["Three boats left on the fourth of May. The gulls were quiet and the sea was calm.",
                   "The smallest boat carried the mail. The largest carried barrels of tar.",
                   "They came back in June with salt and wool, and nobody was missing."],
    "The harbour": ["The second key to the boathouse was found under the blue lamp on the third of May.",
                    "The harbour master carried the first key on his belt, and he never lent it.",
                    "At night the pier was empty. The lamps were lit until the last boat was home."],
}
book = Canvas(sys.argv[1], pagesize=A5)
book.setTitle("The Keys")
page = 0
for title, pages in CHAPTERS.items():
    for i, text in enumerate(pages):
        page += 1
        if i == 0:
            book.bookmarkPage(title)
            book.addOutlineEntry(title, title)
            book.setFont("Times-Bold", 16)
            book.drawString(50, 540, title)
        book.setFont("Times-Roman", 11)
        for line, sentence in enumerate(text.replace(". ", ".|").split("|")):
            book.drawString(50, 500 - 16 * line, sentence)
        book.drawString(200, 30, str(page))
        book.showPage()
book.save()
BOOK
"$bin/infolio" >"$work/window.log" 2>&1 &
first=$!
started+=("$first")
within 20 named "^Infolio$"; xdotool windowactivate --sync "$(window "^Infolio$")"
"$here/access_walk.py" "$work/keys.pdf" "$work/export.md"
walked=$?
check "the walk ends well" test "$walked" -eq 0
[ "$failures" -eq 0 ] || tail -n 20 "$work/window.log"
finish
