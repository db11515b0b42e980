#!/usr/bin/env bash
# From nothing to an answer with pages: sets up, builds, reads FILE and asks about it.
#   installer/try.sh                    reads the sample book and asks two questions about it
#   installer/try.sh FILE "question"    reads FILE and asks that
set -euo pipefail
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case ${1:-} in
-h | --help)
    sed -n '2,4s/^# //p' "$0"
    exit 0
    ;;
esac
if [ $# -ne 0 ] && [ $# -ne 2 ]; then
    echo 'usage: installer/try.sh [FILE "question"]' >&2
    exit 2
fi
if [ $# -eq 2 ] && [ ! -e "$1" ]; then
    printf 'try: %s does not exist\n' "$1" >&2
    exit 2
fi

"$top/installer/setup.sh" >/dev/null
log=$top/build/try.log
echo 'Building Infolio (the first time takes some minutes)…' >&2
build release infolio-cli infolio-reader infolio sample_book >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    printf 'try: the build failed; the whole log is %s\n' "$log" >&2
    exit 1
}
bin=$top/build/release/bin
sample=$top/build/release/share/infolio/infolio-manual.pdf

if [ $# -eq 2 ]; then
    "$bin/infolio-cli" read "$1"
    printf '\n> %s\n' "$2"
    "$bin/infolio-cli" ask "$1" "$2" || [ $? -eq 1 ]
else
    "$bin/infolio-cli" read "$sample"
    for question in "Where was the second key to the desk found?" "What is lost when the power fails while a book is being read?"; do
        printf '\n> %s\n' "$question"
        "$bin/infolio-cli" ask "$sample" "$question" || [ $? -eq 1 ]
    done
fi
printf '\nAsk more:          %s ask "%s" "your question"\nOpen the window:   %s\n' "$bin/infolio-cli" "${1:-$sample}" "$bin/infolio"
