#!/usr/bin/env bash
# office.sh BIN_FOLDER: the reports as a word processor sees them. LibreOffice opens the DOCX and the ODT; their words,
# table cells and footnotes must come out as text and as PDF, and survive DOCX to ODT. Without LibreOffice: SKIPPED.
set -u
bin=$1
for program in soffice pdftotext; do
    command -v "$program" >/dev/null || { echo "SKIPPED: $program is not installed"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
bad() { echo "office: $*" >&2; failures=$((failures + 1)); }

cat >"$work/report.md" <<'END'
# Inspection of the Harbour Cranes

What caused the crack?

## Crane four

A bolt of the wrong grade was **fitted** in August.[^1] \~ The ring *worked* loose.[^2] It was the bolt.[^1]

- first point
  1. inner one
  2. inner two
- second point

> quoted words

| crane | hours | remark |
| --- | --- | --- |
| four | 4711 | cell \| pipe |
| five | 815 | \<script\>alert(1)\</script\> \]\]\> |

```
code  <b>
    indented
```

[^1]: Harbour Cranes, ch. 6, p. 92 (PDF 100): “A bolt of grade 8.8”
[^2]: Harbour Cranes, ch. 7, p. 214 (PDF 226): “two winters & \[1\]”

- Coverage: Read 611 of 614 pages.
END

# What a person must find again, wherever white space and lines fall.
words=("Inspection of the Harbour Cranes" "What caused the crack?" "Crane four" "fitted in August" "The ring worked loose"
    "first point" "inner one" "inner two" "second point" "quoted words" "crane" "hours" "remark" "four" "4711" "cell | pipe"
    "five" "815" "<script>alert(1)</script> ]]>" "code <b>" "indented" "Read 611 of 614 pages.")
notes=("Harbour Cranes, ch. 6, p. 92 (PDF 100): “A bolt of grade 8.8”"
    "Harbour Cranes, ch. 7, p. 214 (PDF 226): “two winters & [1]”")

expect() { # FILE NAME WORD…
    local text word name=$2
    text=$(tr -s ' \t\n\f\r' ' ' <"$1") || { bad "$name: nothing came out"; return; }
    shift 2
    for word; do
        [[ $text == *"$word"* ]] || bad "$name has no “$word”"
    done
}

convert() { # FORMAT FILE FOLDER
    timeout 120 soffice "-env:UserInstallation=file://$work/profile" --headless --convert-to "$1" --outdir "$3" "$2" \
        >>"$work/log" 2>&1 || bad "converting $2 to $1 ends with $?"
}

for format in docx odt html; do
    "$bin/export_sample" "$format" <"$work/report.md" >"$work/report.$format" || bad "$format is not written"
done
check() { # FOLDER FILE NAME
    mkdir "$1"
    # As text LibreOffice leaves footnotes out; on paper they are there.
    convert txt:Text:UTF8 "$2" "$1"
    expect "$1/report.txt" "$3 as text" "${words[@]}"
    convert pdf "$2" "$1"
    pdftotext -layout "$1/report.pdf" "$1/pages.txt" || bad "$3 makes no PDF"
    expect "$1/pages.txt" "$3 as PDF" "${words[@]}" "${notes[@]}"
}

check "$work/docx" "$work/report.docx" DOCX
check "$work/odt" "$work/report.odt" ODT
convert odt "$work/report.docx" "$work/docx"
check "$work/again" "$work/docx/report.odt" "DOCX as ODT"

[ -z "${OFFICE_KEEP:-}" ] || cp -r "$work/." "$OFFICE_KEEP"
[ "$failures" -eq 0 ] || { tail -n 5 "$work/log" >&2; exit 1; }
echo "office: no word, cell or note is lost in DOCX, ODT, and DOCX as ODT"
