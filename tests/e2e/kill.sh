#!/usr/bin/env bash
# kill -9 at 20 random moments of a reading: each start goes on from the last snapshot, nothing is lost, and the memory at the
# end has the bits of an uninterrupted reading (verify --replay reads again from the first token and compares every snapshot).
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/e2e.sh"
library=$work/library
RANDOM=20
kills=0
last=0
for round in $(seq 200); do
    [ "$kills" -lt 20 ] || break
    "$cli" --library "$library" --json --segment 256 read "$sample" >"$work/out" 2>/dev/null &
    pid=$!
    # Not before the first sign of life: a kill in the loader would test nothing.
    for _ in $(seq 200); do
        [ -s "$work/out" ] && break
        sleep 0.02
    done
    sleep "0.$(printf '%03d' $((RANDOM % 900)))"
    if kill -9 "$pid" 2>/dev/null; then
        wait "$pid" 2>/dev/null
        [ $? -eq 137 ] && kills=$((kills + 1))
    fi
    if ! "$cli" --library "$library" --json library verify >"$work/verify" 2>&1; then
        bad "the library is damaged after kill $kills"
        cat "$work/verify"
        break
    fi
    "$cli" --library "$library" --json library snapshots "$sample" >"$work/snapshots" 2>/dev/null || continue
    tokens=$(field "$work/snapshots" snapshot tokens)
    [ "${tokens:-0}" -ge "$last" ] || bad "the reading went back from $last to ${tokens:-0} tokens"
    last=${tokens:-0}
    # A reading that is done is started once more, so that twenty kills hit twenty readings.
    if grep -q '"kind":"end"' "$work/snapshots"; then
        "$cli" --library "$library" --yes library remove "$sample" >/dev/null 2>&1
        "$cli" --library "$library" --yes library purge >/dev/null 2>&1
        last=0
    fi
done
[ "$kills" -eq 20 ] && ok "20 kills (in $round starts)" || bad "only $kills kills"
check "the reading ends well" "$cli" --library "$library" --json --segment 256 read "$sample"
check "the memory has the bits of an uninterrupted reading" "$cli" --library "$library" --json --segment 256 library verify "$sample" --replay
finish
