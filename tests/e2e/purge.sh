#!/usr/bin/env bash
# After remove and purge no 24-byte piece of the text is left in any file of the library, answers and summaries included.
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/e2e.sh"
library=$work/library
run() { "$cli" --library "$library" --json --yes "$@"; }
run read --text-only "$sample" >/dev/null || bad "read ends with $?"
printf 'Another book altogether.\n\nIt stays in the library.\n' >"$work/other.txt"
run read --text-only "$work/other.txt" >/dev/null || bad "read ends with $?"
run ask "$sample" "What is a snapshot?" --channel evidence --conversation test >/dev/null || bad "ask ends with $?"
run export "$sample" --what text --format txt -o "$work/text" >/dev/null || bad "export ends with $?"
run library remove "$sample" >/dev/null || bad "remove ends with $?"
run library purge >/dev/null || bad "purge ends with $?"
check "no 24-byte piece is left" python3 - "$work/text" "$library" <<'P'
import os, sys
text = open(sys.argv[1], "rb").read()
pieces = {text[i:i + 24] for i in range(len(text) - 23)}
left = 0
for folder, _, names in os.walk(sys.argv[2]):
    for name in names:
        data = open(os.path.join(folder, name), "rb").read()
        found = next((i for i in range(len(data) - 23) if data[i:i + 24] in pieces), None)
        if found is not None:
            print(name, "holds", data[found:found + 60])
            left += 1
sys.exit(1 if left else 0)
P
run library list >"$work/list"
[ "$(grep -c '"type":"document"' "$work/list")" = 1 ] && ok "the other book stays" || bad "the other book is gone"
check "the library is sound" run library verify
finish
