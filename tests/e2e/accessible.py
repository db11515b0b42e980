#!/usr/bin/python3
"""The window as another program sees it through AT-SPI, as a screen reader would: what is on the screen, and the
actions that controls offer. No pointer, no keys.

    accessible.py says SENTENCE...      whether something on the screen has a name that begins with, or holds, SENTENCE
    accessible.py press ROLE NAME       presses the one control of that role and name
    accessible.py tree                  all that there is, for a person to read
"""
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

SHOWING = Atspi.StateType.SHOWING
FOCUSABLE = Atspi.StateType.FOCUSABLE
FOCUSED = Atspi.StateType.FOCUSED
ENABLED = Atspi.StateType.ENABLED
# Rows that are not in view are not walked either: a list may have a thousand.
MOST_CHILDREN = 80


def application(seconds=20):
    """The running window's root; None when none shows up."""
    end = time.monotonic() + seconds
    while True:
        desk = Atspi.get_desktop(0)
        desk.clear_cache()
        for i in range(desk.get_child_count()):
            child = desk.get_child_at_index(i)
            if child is not None and child.get_name() == "infolio":
                return child
        if time.monotonic() > end:
            return None
        time.sleep(0.1)


def is_in(node, state):
    return node.get_state_set().contains(state)


def below(node, only_shown=True):
    """Every object below, parents first. One that vanishes meanwhile is left out."""
    try:
        node.clear_cache()
        count = min(node.get_child_count(), MOST_CHILDREN)
    except GLib.Error:
        return
    for i in range(count):
        try:
            child = node.get_child_at_index(i)
            if child is None or (only_shown and not is_in(child, SHOWING)):
                continue
        except GLib.Error:
            continue
        yield child
        yield from below(child, only_shown)


def name(node):
    try:
        return node.get_name() or ""
    except GLib.Error:
        return ""


def says(root, sentence):
    return any(sentence in name(node) for node in below(root))


def actions(node):
    try:
        return [node.get_action_name(i) for i in range(node.get_n_actions())]
    except GLib.Error:
        return []


def do(node, action):
    """Runs an action of a control by its name."""
    offered = actions(node)
    if action not in offered:
        raise LookupError(f"{describe(node)} offers {offered}, not {action}")
    node.do_action(offered.index(action))


def find(root, role, wanted, only_shown=True):
    """The object of a role with that name, or else the first whose name begins so; None when there is none."""
    first = None
    for node in below(root, only_shown):
        try:
            if node.get_role_name() == role and name(node).startswith(wanted):
                if name(node) == wanted:
                    return node
                first = first or node
        except GLib.Error:
            continue
    return first


def describe(node):
    return f"{node.get_role_name()} “{name(node)[:90]}”"


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in ("says", "press", "tree"):
        sys.exit(__doc__)
    root = application(5)
    if root is None:
        sys.exit("no window to look at")
    if sys.argv[1] == "tree":
        for node in below(root):
            print(describe(node), actions(node))
        return
    if sys.argv[1] == "press":
        # A closed menu's items are not on the screen, and can be pressed all the same.
        control = find(root, sys.argv[2], sys.argv[3], only_shown=False)
        if control is None:
            sys.exit(f"there is no {sys.argv[2]} {sys.argv[3]}")
        do(control, "Press")
        return
    missing = [sentence for sentence in sys.argv[2:] if not says(root, sentence)]
    if missing:
        sys.exit(f"not on the screen: {missing}")


if __name__ == "__main__":
    main()
