#!/usr/bin/env bash
# Prints the table of ratios of the rows named, or of all: ours / peer or limit, against the bars.
#   tests/bench/run.sh [ROW...]     also modes and mem_accuracy_1m, whose tables are of another kind
# Rounds alternate between both sides; those that other work disturbed do not count. Needs the preset `release` or, as INFOLIO_PRESET
# says, another one, and builds in it what is missing. Peers come from peers.sh. Environment: INFOLIO_BENCH_ROUNDS (instead of each
# row's own number), INFOLIO_BENCH_THREADS, INFOLIO_BENCH_ADAPTER. All rows take half an hour on two quiet cores, half of it cpu_book_1m and cpu_book_32k.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC1091
. "$here/../../installer/common.sh"
preset=${INFOLIO_PRESET:-release}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/infolio

# Which program prints which rows.
declare -A programs=(
    [reading]='cpu_read_512 cpu_read_1024 cpu_read_2048 cpu_read_512_q8 cpu_forward_512 cpu_forward_2048 cpu_prompt_2048 cpu_prompt_8192 cpu_book_32k cpu_gemm_512 cpu_gemm_1024 cpu_memory_cost'
    [attention]='cpu_attention cpu_attention_sdpa cpu_attention_memory'
    [decoding]='cpu_decode cpu_decode_int8 int8_cost cpu_decode_peer cpu_ask8'
    [long_book]='cpu_book_1m cpu_book_growth cpu_book_memory snap_size snap_growth cpu_decode_deep cpu_first_token'
    [snapshots]='snap_restore snap_cost'
    [order]='order_threads order_streamed order_layers order_documents order_resumed'
    [tokenizing]='tok_speed tok_share'
)
order=(reading attention decoding long_book snapshots order tokenizing)
# Programs whose tables are no rows; only by name.
declare -A tables=([modes]='modes' [mem_accuracy_1m]='mem_accuracy')

rows=("$@")
if [ ${#rows[@]} -eq 0 ]; then
    for program in "${order[@]}"; do
        read -r -a some <<<"${programs[$program]}"
        rows+=("${some[@]}")
    done
fi
chosen=()
for program in "${order[@]}"; do
    for row in "${rows[@]}"; do
        [[ " ${programs[$program]} " == *" $row "* ]] && { chosen+=("$program"); break; }
    done
done
own=()
for row in "${rows[@]}"; do
    if [ -n "${tables[$row]:-}" ]; then
        own+=("${tables[$row]}")
    elif [[ " ${programs[*]} " != *" $row "* ]]; then
        printf 'run.sh: there is no row %s; the rows are: %s; and by name only: %s\n' "$row" "${programs[*]}" "${!tables[*]}" >&2
        exit 2
    fi
done

build "$preset" limits "${chosen[@]}" "${own[@]}" >"$top/build/bench.log" 2>&1 || { tail -n 30 "$top/build/bench.log" >&2; exit 1; }
INFOLIO_BENCH_PEERS=$("$here/peers.sh") || INFOLIO_BENCH_PEERS=''
# The books for training, one after another: a text of eighteen million tokens that nobody made for a bench.
books=$cache/bench/books.txt
archive=$top/../shared/data/train/train_text.tar.xz
if [ ! -e "$books" ] && [ -e "$archive" ]; then
    mkdir -p "$cache/bench"
    folder=$(mktemp -d)
    tar -xJf "$archive" -C "$folder"
    find "$folder" -name '*.txt' | sort | tr '\n' '\0' | xargs -0 cat >"$books.partial"
    rm -rf "$folder"
    mv "$books.partial" "$books"
fi
INFOLIO_BENCH_BOOKS=$([ -e "$books" ] && echo "$books" || true)
export INFOLIO_BENCH_PEERS INFOLIO_BENCH_BOOKS
# Threads that wait give their core to whoever has work: the peer runs between our rounds.
export GOMP_SPINCOUNT=1000
binaries=$top/build/$preset/bin
read -r INFOLIO_BENCH_PEAK rest < <("$binaries/limits")
export INFOLIO_BENCH_PEAK
printf '%s; probe %s GFLOP/s\n' "$rest" "$INFOLIO_BENCH_PEAK"
printf 'ours: %s, preset %s; peer: %s\n' "$(git -C "$top" describe --always --dirty)" "$preset" "$(grep -o '^[a-z-]*==[0-9.]*' "$here/peers.txt")"
printf '%s; load %s\n\n' "$(date -u '+%Y-%m-%d %H:%M UTC')" "$(cut -d' ' -f1-3 /proc/loadavg)"
[ ${#chosen[@]} -eq 0 ] || printf '| row | workload | ours: median (best) | peer or limit | figure | bar | |\n|---|---|---|---|---|---|---|\n'
for program in "${chosen[@]}"; do
    "$binaries/$program" "${rows[@]}"
done
for program in "${own[@]}"; do
    printf '\n%s\n' "$program"
    "$binaries/$program"
done
