#!/usr/bin/python3
"""Every task of a person, done from another program through AT-SPI as a screen reader would do it: add a file, wait for its
reading, ask, open the citation, search the library, summarise, export, end. In each state every control has a name and a
role, and the Tab key leads through all of them and back.

    access_walk.py BOOK EXPORT      BOOK is read, EXPORT is written; prints "ok" or "FAIL" per case
"""
import os
import subprocess
import sys
import time

from accessible import ENABLED, FOCUSABLE, FOCUSED, actions, application, below, describe, do, find, is_in, name, says
from gi.repository import GLib

QUESTION = "Where was the second key to the boathouse found?"
PRESSED = ("Press", "Toggle", "ShowMenu")
# Rows and the parts of scroll bars, whose names are those of what they belong to.
PARTS = ("list item", "table cell", "tree item", "scroll bar", "list", "separator", "popup menu")
CURRENT = ("page tab", "list item", "tree item", "table cell", "filler")
failures = 0


def check(what, holds, why=""):
    global failures
    print(f"{'ok   ' if holds else 'FAIL '} {what}", flush=True)
    if not holds:
        failures += 1
        print(why, flush=True)
    return holds


def wait(condition, seconds=20):
    """The first true value that a condition gives; None when it stays without one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            value = condition()
            if value:
                return value
        except GLib.Error:
            pass
        time.sleep(0.1)
    return None


def must(what, condition, seconds=20):
    value = wait(condition, seconds)
    if not check(what, value is not None):
        for node in below(root):
            print("     ", describe(node), actions(node))
        sys.exit(1)
    return value


def press(role, wanted, only_shown=True):
    control = must(f"there is the {role} “{wanted}”", lambda: usable(find(root, role, wanted, only_shown), only_shown))
    do(control, "Press")


def usable(control, only_shown):
    return control if control is not None and (is_in(control, ENABLED) or not only_shown) else None


def write(wanted, text):
    field = must(f"there is the field “{wanted}”", lambda: find(root, "text", wanted))
    field.set_text_contents(text)
    return field


def rows(wanted, role="list"):
    listed = find(root, role, wanted)
    return [listed.get_child_at_index(i) for i in range(listed.get_child_count())] if listed else []


def top():
    """The window that has the keyboard: a dialog before the main window."""
    dialogs = [root.get_child_at_index(i) for i in range(root.get_child_count())]
    dialogs = [node for node in dialogs if node is not None and node.get_role_name() in ("dialog", "alert")]
    return dialogs[-1] if dialogs else root.get_child_at_index(0)


def focused(window):
    # Qt calls the current tab and row of everything focused, wherever the keyboard is.
    return next((node for node in below(window) if is_in(node, FOCUSED) and is_in(node, FOCUSABLE)
                 and node.get_role_name() not in CURRENT), None)


def key(keys):
    subprocess.run(["xdotool", "key", "--clearmodifiers", keys], check=True)


def place(node):
    box = node.get_extents(0)
    return (node.get_role_name(), name(node), box.x, box.y)


def inspect(state):
    window = top()
    unnamed = []
    for node in below(window):
        role = node.get_role_name()
        takes_keys = is_in(node, FOCUSABLE) and is_in(node, ENABLED)
        if role in PARTS or not (takes_keys or any(a in PRESSED for a in actions(node))):
            continue
        if not name(node).strip() or role in ("unknown", "invalid", "redundant object"):
            unnamed.append(f"      {describe(node)} in {describe(node.get_parent())}, offers {actions(node)}")
    check(f"{state}: every control has a name and a role", not unnamed, "\n".join(unnamed))
    ways = {}
    for back in (False, True):
        seen = []
        first = None
        for _ in range(60):
            at = wait(lambda: focused(window), 2)
            here = place(at) if at else None
            if here is None or (first is not None and here == first):
                break
            first = first or here
            if seen and here == seen[-1]:
                break
            seen.append(here)
            key("shift+Tab" if back else "Tab")
            wait(lambda: (lambda now: now and place(now) != here)(focused(window)), 1)
        ways[back] = (seen, here is not None and here == first)
    forth, back = ways[False], ways[True]
    check(f"{state}: Tab leads all the way round ({len(forth[0])} controls)", forth[1] and len(forth[0]) > 1,
          "\n".join(f"      {step}" for step in forth[0]))
    check(f"{state}: and Shift+Tab the same way back", back[1] and set(back[0]) == set(forth[0]),
          f"      only one way: {set(back[0]) ^ set(forth[0])}")


root = application()
if root is None:
    sys.exit("FAIL  the window tells of itself")
book, target = sys.argv[1], sys.argv[2]
title = "The Keys"
must("the window is alive", lambda: says(root, "Drop a book here to read it"))
inspect("the empty window")

press("push button", "Add Files…")
dialog = must("a dialog asks for files", lambda: find(root, "text", "File name:"))
dialog.set_text_contents(book)
press("push button", "Open")
must("the book is in the library", lambda: [row for row in rows("Documents") if title in name(row)])
must("it is read", lambda: [row for row in rows("Documents") if title in name(row) and "Read" in name(row)], 120)
inspect("the open book")

write("Question", QUESTION)
press("push button", "Ask")
evidence = must("evidence arrives", lambda: [row for row in rows("Questions and answers") if "boathouse" in name(row)], 60)

must("the answer ends", lambda: [row for row in rows("Questions and answers") if name(row).startswith("Coverage")], 90)
press("menu item", "Next Evidence", only_shown=False)
press("menu item", "Open Evidence", only_shown=False)
page = must("the citation's page is shown", lambda: find(root, "document frame", "Page 4") or find(root, "text", "Page 4"))
check("its text can be heard", "under the blue lamp" in page.get_text(0, -1), page.get_text(0, -1))

FIND = "Find documents by title or author, and places in their text"
write(FIND, "under the blue lamp")
must("the place is found in the text of the library",
     lambda: [row for row in rows("Places in the text of the documents") if "under the blue lamp" in name(row)])
inspect("what was found")
write(FIND, "")

press("page tab", "Summaries")
must("the parts are listed", lambda: [row for row in rows("Parts of the document") if "The voyage" in name(row)])
do([row for row in rows("Parts of the document") if "The voyage" in name(row)][0], "Toggle")
press("push button", "Make the summary of this part")
must("the summary is made", lambda: [row for row in rows("Parts of the document") if "The voyage" in name(row) and "made" in name(row)], 90)
must("it can be read", lambda: rows("Summary and its sources"))
inspect("the summaries")

press("menu item", "Export…", only_shown=False)
must("a dialog asks where to", lambda: find(root, "text", "File"))
inspect("the export")
write("File", target)
press("push button", "Export")
must("the file is there", lambda: os.path.exists(target))
with open(target, encoding="utf-8") as file:
    text = file.read()
check("it holds question and quote", QUESTION in text and "under the blue lamp" in text, text)

for state, item, closing in (("the settings", "Settings…", "Close the settings"), ("the shortcuts", "Shortcuts", "Close the list")):
    press("menu item", item, only_shown=False)
    must(f"{state} open", lambda: find(root, "push button", closing))
    inspect(state)
    press("push button", closing)
    must(f"{state} close", lambda: find(root, "push button", closing) is None)
press("menu item", "Quit", only_shown=False)
sys.exit(failures > 0)
