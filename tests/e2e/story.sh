#!/usr/bin/env bash
# The main job on the sample book, without any network: read, ask, check each answer's page against the manual's own list,
# search, summarise, export. Every quote must be the stored text.
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/e2e.sh"
library=$work/library
questions=$(dirname "${BASH_SOURCE[0]}")/../../resources/manual/questions.json

offline=()
if unshare -rn true 2>/dev/null; then offline=(unshare -rn); else echo "note: no right to make a network namespace; the run has a network"; fi
run() { "${offline[@]}" "$cli" --library "$library" --json "$@"; }

run read "$sample" >"$work/read" || bad "read ends with $?"
[ "$(field "$work/read" done exit)" = 0 ] && ok "the sample book is read" || bad "no done record with exit 0"
pages=$(field "$work/read" coverage total)
[ "$(field "$work/read" coverage read)" = "$pages" ] && [ "$pages" -ge 40 ] && ok "all $pages pages were read" || bad "coverage is not whole"
grep -q 'No adapter' "$work/read" && bad "the adapter that comes with the program is not used" || ok "the adapter that comes with the program is used"
run read "$sample" >"$work/again" || bad "a second read ends with $?"
run library list >"$work/list"
[ "$(grep -c '"type":"document"' "$work/list")" = 1 ] && ok "a second read makes no second document" || bad "more than one document"

python3 - "$questions" "$work" <<'P'
import json, sys
for i, item in enumerate(json.load(open(sys.argv[1], encoding="utf-8"))):
    open(f"{sys.argv[2]}/question{i}", "w", encoding="utf-8").write(item["question"])
P
total=0
right=0
for question in "$work"/question*; do
    n=${question##*question}
    run ask "$sample" "$(cat "$question")" --max-tokens 60 >"$work/answer$n"
    status=$?
    [ $status -eq 0 ] || [ $status -eq 1 ] || bad "ask ends with $status"
    total=$((total + 1))
    # The page that the manual's authors name is among the first three pieces of evidence, and the words are in the quote.
    if python3 - "$questions" "$n" "$work/answer$n" <<'P'; then right=$((right + 1)); else echo "      missed: $(cat "$question")"; fi
import json, sys
item = json.load(open(sys.argv[1], encoding="utf-8"))[int(sys.argv[2])]
evidence = [r for r in map(json.loads, open(sys.argv[3], encoding="utf-8")) if r["type"] == "evidence"][:3]
fold = lambda s: " ".join(s.split())
sys.exit(0 if any(any(w in fold(e["quote"]) for w in item["words"]) for e in evidence) else 1)
P
    python3 - "$work/answer$n" <<'P' >"$work/ranges" || bad "an answer is not JSON lines"
import json, sys
for r in map(json.loads, open(sys.argv[1], encoding="utf-8")):
    if r["type"] == "evidence":
        print(r["offset"], r["length"])
P
done
[ $((right * 10)) -ge $((total * 8)) ] && ok "$right of $total questions find their passage" || bad "only $right of $total questions find their passage"

run export "$sample" --what text --format txt -o "$work/text" >/dev/null || bad "export of the text ends with $?"
cat "$work"/answer* >"$work/answers"
check "every quote is the stored text at its offsets" python3 - "$work/text" "$work/answers" <<'P'
import json, sys
text = open(sys.argv[1], encoding="utf-8", newline="").read()
quotes = [r for r in map(json.loads, open(sys.argv[2], encoding="utf-8")) if r["type"] == "evidence"]
assert quotes, "no quotes at all"
for r in quotes:
    assert text[r["offset"]:r["offset"] + r["length"]] == r["quote"], r
P

run search "memory" >"$work/search" || bad "search ends with $?"
[ "$(grep -c '"type":"hit"' "$work/search")" -ge 3 ] && ok "search finds hits" || bad "search finds too little"
run search "xyzzyplugh" >"$work/nothing"
[ $? -eq 1 ] && ok "nothing found ends with 1" || bad "nothing found does not end with 1"
run summarize "$sample" --of chapter:2 --length short >"$work/summary" || bad "summarize ends with $?"
run export "$sample" --what summaries --format md -o "$work/summary.md" >/dev/null || bad "export ends with $?"
grep -q '^\[\^1\]: .*Infolio User Manual.*p\. ' "$work/summary.md" && ok "the summary's footnotes name title and page" || {
    bad "no footnote with a page"
    head -n 30 "$work/summary.md"
}
run library verify >"$work/verify" || bad "verify ends with $?"
run library verify --replay >"$work/replay" && ok "a second reading gives the stored bits" || bad "verify --replay ends with $?"
finish
