#!/usr/bin/env bash
# Counts with callgrind how many instructions a token takes in each kernel of the CPU's floor and in the tokenizer, and compares with
# instructions.txt: a rise above 3 % fails. Counts do not depend on how busy the machine is, only on compiler and flags.
#   tests/bench/instructions.sh [--record]     --record writes what it counts into instructions.txt
# callgrind knows no AVX-512: those kernels are the same templates as the AVX2 ones. INFOLIO_PRESET: another preset than dev.
# Exit status 77: nothing could be counted.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
recorded=$here/instructions.txt
program=$top/build/${INFOLIO_PRESET:-dev}/bin/instructions
command -v valgrind >/dev/null || { echo 'valgrind is not installed'; exit 77; }
grep -qw avx2 /proc/cpuinfo || { echo 'this machine has no AVX2'; exit 77; }
[ -x "$program" ] || { echo "$program was not built"; exit 1; }
counts=$(mktemp)
trap 'rm -f "$counts" "$counts".*' EXIT

count() { # ISA NAME [FILE…]
    local isa=$1 name=$2 tokens used collected
    shift 2
    INFOLIO_ISA=$isa valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no --toggle-collect=measured \
        "$program" "$name" "$@" >"$counts.out" 2>"$counts.err" || { tail -n 20 "$counts.err"; exit 1; }
    read -r tokens used <"$counts.out"
    [ "$used" = "$isa" ] || { echo "$name ran on $used instead of $isa"; exit 1; }
    collected=$(sed -n 's/.*Collected *: *//p' "$counts.err")
    awk -v name="$name" -v isa="$isa" -v all="$collected" -v tokens="$tokens" 'BEGIN { printf "%-14s %-6s %.1f\n", name, isa, all / tokens }' >>"$counts"
}
for isa in avx2 plain; do
    for name in $("$program"); do
        count $isa "$name"
    done
done
# The text of the licence never changes.
model=${XDG_CACHE_HOME:-$HOME/.cache}/infolio/models/SmolLM2-135M-Instruct.Q4_1.gguf
if [ -e "$model" ]; then
    count plain tokenize "$model" "$top/LICENSE"
fi
if [ "${1:-}" = --record ]; then
    { grep '^#' "$recorded" || true; cat "$counts"; } >"$counts.new"
    cp "$counts.new" "$recorded"
fi
awk '
    /^#/ { next }
    NR == FNR { before[$1 " " $2] = $3; next }
    {
        key = $1 " " $2
        if (!(key in before)) { printf "%-14s %-6s %12.1f  not recorded: run this with --record\n", $1, $2, $3; bad = 1; next }
        change = 100 * ($3 / before[key] - 1)
        remark = change > 3 ? "  more than 3 % above the record" : change < -3 ? "  less: record it" : ""
        printf "%-14s %-6s %12.1f %+7.2f %%%s\n", $1, $2, $3, change, remark
        if (change > 3) bad = 1
    }
    END { exit bad }' "$recorded" "$counts"
