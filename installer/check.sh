#!/usr/bin/env bash
# Everything that must hold before a change lands: set-up, format, the dev build with all its tests, the build without a
# window, instruction counts, the sanitizer tests and a short run of every fuzzer. The last line counts: N passed, N failed.
#   installer/check.sh [--packages]     with --packages also the Debian packages, made, checked and installed in a bare system
set -uo pipefail
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
case ${1:-} in
'' | --packages) ;;
*)
    echo 'usage: installer/check.sh [--packages]' >&2
    exit 2
    ;;
esac
export QT_QPA_PLATFORM=offscreen
passed=0
failed=0
skipped=0
logs=$top/build/check
# What takes bytes from outside apart, and what keeps them; the model's readers of files are fuzzed under the same sanitizers.
sanitized=(store_test reader_wire_test reader_client_test page_renderer_test layout_text_test layout_sections_test layout_properties_test report_test)
# The kernels without LibTorch, whose OpenMP library the sanitizers cannot see into.
floor='kernels_test\.Sets/Floor\.'

finish() {
    [ "$skipped" -eq 0 ] || printf '\n%d tests were skipped; their names stand above and in %s\n' "$skipped" "$logs"
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}
count() { # NAME STATUS [LOG]
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
        printf 'ok      %s\n' "$1"
    else
        failed=$((failed + 1))
        printf 'FAILED  %s\n' "$1"
        [ -z "${3:-}" ] || tail -n 60 "$3"
    fi
}
step() { # NAME COMMAND…
    local name=$1 log
    shift
    log=$logs/${name// /-}.log
    printf '        %s …\n' "$name"
    "$@" >"$log" 2>&1
    local status=$?
    if [ $status -eq 77 ]; then
        skipped=$((skipped + 1))
        printf 'skipped %s: %s\n' "$name" "$(tail -n 1 "$log")"
        return 0
    fi
    count "$name" $status "$log"
    return $status
}
run_tests() { # PRESET [CTEST OPTIONS…]: each test counts for itself
    local preset=$1 log=$logs/$1-tests.log
    shift
    printf '        tests of %s …\n' "$preset"
    ctest --test-dir "$top/build/$preset" --output-on-failure --no-tests=error "$@" >"$log" 2>&1
    local status=$? summary
    summary=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+' "$log" | tail -n 1)
    if [ -z "$summary" ]; then
        count "tests of $preset" 1 "$log"
        return
    fi
    local bad total left_out
    bad=$(sed -E 's/.*, ([0-9]+) tests failed.*/\1/' <<<"$summary")
    total=$(sed -E 's/.* out of ([0-9]+).*/\1/' <<<"$summary")
    # ctest takes what it skipped for passed.
    left_out=$(grep -cE '^[[:space:]]+[0-9]+ - .* \(Skipped\)' "$log")
    passed=$((passed + total - bad - left_out))
    failed=$((failed + bad))
    skipped=$((skipped + left_out))
    printf '%s  tests of %s: %s\n' "$([ "$status" -eq 0 ] && echo 'ok    ' || echo FAILED)" "$preset" "$summary"
    if [ "$status" -ne 0 ]; then
        grep -E -B 60 '\*\*\*(Failed|Exception|Timeout)|Errors while' "$log" | tail -n 200
        sed -n '/The following tests FAILED/,$p' "$log"
    fi
    grep -E '\(Skipped\)|\[  SKIPPED \]' "$log" | sort -u | head -n 20
}
format_check() {
    local files
    mapfile -t files < <(find "$top" -path "$top/build" -prune -o \( -name '*.cpp' -o -name '*.h' \) -print)
    [ ${#files[@]} -gt 0 ] && clang-format --dry-run --Werror "${files[@]}"
}
fuzz() { # TARGET: on a corpus that is kept; the files of a model get a minute
    local name seconds=20
    name=$(basename "$1")
    case $name in
    gguf_fuzz | safetensors_fuzz | snapshot_fuzz | tokenizer_fuzz) seconds=60 ;;
    esac
    mkdir -p "$top/build/fuzz/corpus/$name"
    "$1" -max_total_time="${INFOLIO_FUZZ_SECONDS:-$seconds}" -rss_limit_mb=4096 -timeout=20 -print_final_stats=1 \
        -artifact_prefix="$logs/$name-" "$top/build/fuzz/corpus/$name" >"$logs/$name.log" 2>&1 && return
    tail -n 50 "$logs/$name.log"
    return 1
}
fuzz_all() { # two at a time
    local status=0 running=0 target
    for target in "$top"/build/fuzz/bin/*_fuzz; do
        [ -x "$target" ] || { echo "no fuzz target was built"; return 1; }
        if [ "$running" -eq 2 ]; then
            wait -n || status=1
            running=1
        fi
        fuzz "$target" &
        running=$((running + 1))
    done
    while [ "$running" -gt 0 ]; do
        wait -n || status=1
        running=$((running - 1))
    done
    return $status
}

mkdir -p "$logs"
step 'set-up' "$top/installer/setup.sh" || finish
step 'format' format_check
step 'build dev' build dev && run_tests dev && step 'instructions' "$top/tests/bench/instructions.sh"
step 'build headless' build headless
step 'build asan' build asan "${sanitized[@]}" kernels_test && run_tests asan -R "^(($(IFS='|' && echo "${sanitized[*]}"))\.|$floor)"
step 'build tsan' build tsan kernels_test && run_tests tsan -R "^$floor"
step 'build fuzz' build fuzz fuzzers && step 'fuzz' fuzz_all
step 'CUDA plugin' "$top/installer/cuda.sh" && [ -e "$logs/CUDA-plugin.log" ] && sed 's/^/        /' "$logs/CUDA-plugin.log"
if [ "${1:-}" = --packages ]; then
    step 'packages' "$top/installer/package.sh" && step 'packages in a bare system' "$top/tests/e2e/package.sh" "$top/build/packages"
fi
finish
