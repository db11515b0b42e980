#!/usr/bin/env bash
# Resident memory stays flat over a whole reading: the second half's peak is at most 5 % above the first quarter's.
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/e2e.sh"
book=$data/narrativeqa/35_the-time-machine.txt
[ -e "$book" ] || { echo "note: no test material; the sample book is read"; book=$sample; }
"$cli" --library "$work/library" --json read "$book" >"$work/out" 2>&1 &
pid=$!
while kill -0 "$pid" 2>/dev/null; do
    rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status" 2>/dev/null)
    stage=$(grep -c '"stage":"read"' "$work/out")
    [ -n "$rss" ] && [ "$stage" -gt 0 ] && echo "$rss" >>"$work/rss"
    sleep 0.2
done
wait "$pid" || bad "read ends with $?"
samples=$(wc -l <"$work/rss")
[ "$samples" -ge 8 ] || bad "only $samples samples"
early=$(head -n $((samples / 4)) "$work/rss" | sort -n | tail -n 1)
late=$(tail -n $((samples / 2)) "$work/rss" | sort -n | tail -n 1)
printf 'resident memory: %d kB in the first quarter, %d kB in the second half, %d samples\n' "$early" "$late" "$samples"
[ $((late * 100)) -le $((early * 105)) ] && ok "resident memory is flat" || bad "resident memory grew from $early to $late kB"
[ "$(field "$work/out" coverage read)" = "$(field "$work/out" coverage total)" ] && ok "every page was read" || bad "coverage is not whole"
finish
