#!/usr/bin/env bash
# Measures what QUALITY.md shows and prints its tables; goes on where it was stopped.
#   tests/bench/quality.sh FOLDER [PART...]     all parts take many hours
# FOLDER keeps the lines of each part, and gets tables.md and the charts. Environment: INFOLIO_MODEL (the model file; the installed
# default model when empty), INFOLIO_ADAPTER (the shipped adapter when empty), INFOLIO_RMT and INFOLIO_AUTOCOMPRESSOR (files of `adapt
# --method`; without them these modes are left out), INFOLIO_DATA.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cli=${INFOLIO_CLI:-$top/build/release/bin/infolio-cli}
[ $# -ge 1 ] || { sed -n '2,6p' "$0" >&2; exit 2; }
folder=$1
shift
mkdir -p "$folder"

modes=(infini-linear infini-delta local xl compressive knn full)
[ -z "${INFOLIO_RMT:-}" ] || modes+=(rmt)
[ -z "${INFOLIO_AUTOCOMPRESSOR:-}" ] || modes+=(autocompressor)
parts=("$@")
[ $# -gt 0 ] || parts=(cost perplexity facts passkey-book passkey-repeat passkey-1m needle "${modes[@]/#/mode-}")

# What is trained for a mode.
trained() { # MODE
    case $1 in
        rmt) printf '%s' "$INFOLIO_RMT" ;;
        autocompressor) printf '%s' "$INFOLIO_AUTOCOMPRESSOR" ;;
        *) printf '%s' "${INFOLIO_ADAPTER:-}" ;;
    esac
}

measure() { # NAME MODE ARGUMENT...
    local lines=$folder/$1.jsonl mode=$2 adapter
    shift 2
    local -a command=("$cli" --mode "$mode" --library "$folder/library" --progress plain)
    adapter=$(trained "$mode")
    [ -z "${INFOLIO_MODEL:-}" ] || command+=(--model "$INFOLIO_MODEL")
    [ -z "$adapter" ] || command+=(--adapter "$adapter")
    command+=(evaluate "$@")
    if [ -e "$lines" ]; then command+=(--resume "$lines"); else command+=(-o "$lines"); fi
    "${command[@]}" >/dev/null
}

for part in "${parts[@]}"; do
    case $part in
        cost) measure cost infini-linear cost --lengths 10K,32K,100K --arms infini-linear,infini-delta,local,xl,compressive,knn,full ;;
        perplexity) measure perplexity infini-linear perplexity --part all ;;
        facts) measure facts infini-linear distance card --part test ;;
        passkey-book) measure passkey-book infini-linear passkey --haystack book --samples 100 --lengths 8K,32K,128K --depths 0,25,50,75 ;;
        passkey-repeat) measure passkey-repeat infini-linear passkey --haystack repeat --samples 100 --lengths 8K,32K,128K --depths 0,25,50,75 ;;
        passkey-1m) measure passkey-1m infini-linear passkey --haystack book --method increment --samples 100 --lengths 1M --depths 0,25,50,75 ;;
        needle) measure needle infini-linear needle --samples 100 --lengths 32K,128K --needles 1,4,16 ;;
        mode-*)
            mode=${part#mode-}
            measure "mode-$mode-passkey" "$mode" passkey --haystack book --samples 20 --lengths 8K,32K --depths 0,50 --arms on
            # The caches and `full` are arms of one run; a memory or vectors of one's own need a run each.
            case $mode in
                infini-linear) measure "mode-$mode-nats" "$mode" perplexity --limit 32 --arms on,zeroed,xl,compressive,knn,full ;;
                infini-delta | rmt | autocompressor) measure "mode-$mode-nats" "$mode" perplexity --limit 32 --arms on,zeroed ;;
            esac
            case $mode in
                rmt | autocompressor) measure "mode-$mode-cost" "$mode" cost --lengths 10K,32K,100K --arms "$mode" ;;
            esac
            ;;
        *)
            printf 'quality.sh: there is no part %s\n' "$part" >&2
            exit 2
            ;;
    esac
done
"$cli" --library "$folder/library" evaluate report "$folder"/*.jsonl --report "$folder/tables.md" --charts "$folder/charts" --force
