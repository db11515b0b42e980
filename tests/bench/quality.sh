#!/usr/bin/env bash
# Measures what QUALITY.md shows and writes its tables; goes on where it was stopped.
#   tests/bench/quality.sh FOLDER [PART...]     all parts take many hours, those over 1M tokens hours each
#   tests/bench/quality.sh FOLDER kept          the lines of tests/bench/quality into FOLDER, so that their parts are gone on with
#   tests/bench/quality.sh FOLDER keep          the lines of FOLDER into tests/bench/quality, the tables below the line of QUALITY.md
# FOLDER keeps the lines of each part (remove a file to measure that part anew), of one model and adapter, and gets modes.md with
# the table of all modes, tables.md with the rest, and beside them their charts. Environment: INFOLIO_CLI (the program; build/release/bin/infolio-cli when empty),
# INFOLIO_MODEL (the model file; the installed default model when empty), INFOLIO_ADAPTER (the shipped adapter when empty), INFOLIO_RMT
# and INFOLIO_AUTOCOMPRESSOR (files of `adapt --method`; without them these modes are left out), INFOLIO_PROTOTYPE (what
# build/dev/bin/prototype writes; without it that part is left out), INFOLIO_DATA.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cli=${INFOLIO_CLI:-$top/build/release/bin/infolio-cli}
[ $# -ge 1 ] || { sed -n '2,10p' "$0" >&2; exit 2; }
[ -x "$cli" ] || {
    printf 'quality.sh: %s is not a program; build the preset release, or name infolio-cli in INFOLIO_CLI\n' "$cli" >&2
    exit 2
}
folder=$1
shift
mkdir -p "$folder"
kept=$here/quality

modes=(infini-linear infini-delta local xl compressive knn full)
[ -z "${INFOLIO_RMT:-}" ] || modes+=(rmt)
[ -z "${INFOLIO_AUTOCOMPRESSOR:-}" ] || modes+=(autocompressor)
parts=("$@")
[ $# -gt 0 ] || parts=(passkey-book needle needle-16 facts squad perplexity reread needle-7k passkey-streamed needle-streamed cost cost-1m passkey-repeat passkey-1m needle-1m
    passkey-1m-streamed ${INFOLIO_PROTOTYPE:+prototype} "${modes[@]/#/mode-}")

# Parts that need a file of their own.
required() { # PART VARIABLE
    [ -n "${!2:-}" ] || {
        printf 'quality.sh: the part %s reads a trained file; name it in %s\n' "$1" "$2" >&2
        exit 2
    }
}
for part in "${parts[@]}"; do
    case $part in
        prototype) required "$part" INFOLIO_PROTOTYPE ;;
        mode-rmt) required "$part" INFOLIO_RMT ;;
        mode-autocompressor) required "$part" INFOLIO_AUTOCOMPRESSOR ;;
    esac
done

# What is trained for a mode.
trained() { # MODE
    case $1 in
        rmt) printf '%s' "${INFOLIO_RMT:-}" ;;
        autocompressor) printf '%s' "${INFOLIO_AUTOCOMPRESSOR:-}" ;;
        *) printf '%s' "${INFOLIO_ADAPTER:-}" ;;
    esac
}

# The kept lines of parts that FOLDER has none of.
unpack() {
    local packed lines
    for packed in "$kept"/*.jsonl.xz; do
        [ -e "$packed" ] || break # there is none
        lines=$folder/$(basename "$packed" .xz)
        [ -e "$lines" ] || xz -dc "$packed" >"$lines"
    done
}

measure() { # NAME MODE ARGUMENT...
    local lines=$folder/$1.jsonl mode=$2 adapter
    shift 2
    # What has come to its end would only load the model to find that nothing is missing.
    if [ -e "$lines" ] && [[ $(tail -n 1 "$lines") == *'"type":"done"'* ]]; then return; fi
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
        # 8K is what the context of the default model holds: at the other lengths `full` says that they do not fit.
        cost) measure cost infini-linear cost --lengths 8K,10K,32K,100K --arms infini-linear,infini-delta,local,xl,compressive,knn,full ;;
        cost-1m) measure cost-1m infini-linear cost --lengths 1M --arms infini-linear ;;
        perplexity) measure perplexity infini-linear perplexity --part all ;;
        facts) measure facts infini-linear distance card --part test ;;
        squad) measure squad infini-linear squad --part test ;;
        # An adapter of which it is known what a right implementation finds with it: 32 of 32, at every depth.
        prototype)
            INFOLIO_ADAPTER=$INFOLIO_PROTOTYPE \
                measure prototype infini-linear passkey --haystack book --method increment --samples 32 --lengths 128K --depths 0,25,50,75 --arms on,zeroed
            ;;
        # By increments a text is read once for ten numbers, so that a hundred samples a cell can be had; some of the same samples are
        # read segment by segment as well, and the report counts where the answers differ.
        passkey-book) measure passkey-book infini-linear passkey --haystack book --method increment --samples 100 --lengths 8K,32K,128K --depths 0,25,50,75 ;;
        passkey-streamed) measure passkey-streamed infini-linear passkey --haystack book --samples 10 --lengths 8K,32K,128K --depths 0,25,50,75 ;;
        passkey-repeat) measure passkey-repeat infini-linear passkey --haystack repeat --method increment --samples 100 --lengths 32K,128K,1M --depths 0,50,100 ;;
        passkey-1m) measure passkey-1m infini-linear passkey --haystack book --method increment --samples 100 --lengths 1M --depths 0,25,50,75 ;;
        # Two a cell and not twenty: four texts take half an hour.
        passkey-1m-streamed) measure passkey-1m-streamed infini-linear passkey --haystack book --samples 2 --lengths 1M --depths 0,50 ;;
        needle) measure needle infini-linear needle --method increment --samples 100 --lengths 32K,128K --needles 1,4 ;;
        needle-16) measure needle-16 infini-linear needle --method increment --samples 20 --lengths 32K,128K --needles 16 ;;
        needle-streamed) measure needle-streamed infini-linear needle --samples 5 --lengths 32K,128K --needles 1,4 ;;
        needle-1m) measure needle-1m infini-linear needle --method increment --samples 20 --lengths 1M --needles 1,4,16 ;;
        # Beside what full attention itself finds of the same kind: what it has room for, with the question behind it.
        needle-7k) measure needle-7k infini-linear needle --samples 20 --lengths 7K --needles 1,2,4 --arms on,zeroed,other,local,full ;;
        # How much of what the memory adds is but the text right before a segment.
        reread) measure reread infini-linear perplexity --part all --limit 4 --arms on,zeroed,other,reread,reread-zeroed,reread-other ;;
        mode-*)
            mode=${part#mode-}
            # `full` has room for the question behind 7K and not behind 8K; one memory beside it is enough there.
            lengths=8K,32K
            case $mode in full | infini-linear) lengths=7K,$lengths ;; esac
            # Ten numbers at two depths and not a hundred: the caches read every text from its beginning.
            measure "mode-$mode-passkey" "$mode" passkey --haystack book --samples 10 --lengths $lengths --depths 0,50 --arms on
            # The caches and `full` are arms of one run; a memory or vectors of one's own need a run each.
            case $mode in
                infini-linear) measure "mode-$mode-nats" "$mode" perplexity --limit 32 --arms on,zeroed,xl,compressive,knn,full ;;
                infini-delta | rmt | autocompressor) measure "mode-$mode-nats" "$mode" perplexity --limit 32 --arms on,zeroed ;;
            esac
            case $mode in
                rmt | autocompressor) measure "mode-$mode-cost" "$mode" cost --lengths 8K,10K,32K,100K --arms "$mode" ;;
            esac
            ;;
        kept | keep) unpack ;; # what is to be kept: below
        *)
            printf 'quality.sh: there is no part %s\n' "$part" >&2
            exit 2
            ;;
    esac
done

tables() { # NAME LINES...
    local name=$1
    shift
    [ $# -eq 0 ] || "$cli" --library "$folder/library" evaluate report "$@" --report "$folder/$name.md" --charts "$folder" --force
}

# Modes are compared by runs of the same size alone: of the other parts each has its own.
modes_lines=() other_lines=()
for lines in "$folder"/*.jsonl; do
    [ -e "$lines" ] || break # there is none
    case ${lines##*/} in
        cost*.jsonl | mode-*.jsonl) modes_lines+=("$lines") ;;
        *) other_lines+=("$lines") ;;
    esac
done
rm -f "$folder"/*.svg # their names depend on what else there is
tables modes "${modes_lines[@]}"
tables tables "${other_lines[@]}"

# So that what took hours outlives the machine, and anyone can make the tables again.
if [[ " ${parts[*]} " == *' keep '* ]]; then
    mkdir -p "$kept"
    rm -f "$kept"/*.svg
    for lines in "$folder"/*.jsonl; do
        xz -9e -c "$lines" >"$kept/$(basename "$lines").xz"
    done
    cp "$folder"/*.svg "$kept/"
    head=$(sed '/^<!-- quality.sh writes what follows -->$/q' "$top/QUALITY.md")
    {
        printf '%s\n\n' "$head"
        for name in tables modes; do
            # Charts lie with the lines; headings of a report are one level lower here; of single stories there are a few questions each.
            [ ! -e "$folder/$name.md" ] || sed -e '/^| story\//d' -e 's|](\([a-z0-9-]*\.svg\))|](tests/bench/quality/\1)|' -e 's/^#/##/' "$folder/$name.md"
        done
    } >"$top/QUALITY.md.new"
    mv "$top/QUALITY.md.new" "$top/QUALITY.md"
fi
