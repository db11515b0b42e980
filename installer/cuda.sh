#!/usr/bin/env bash
# Builds the CUDA plugin for all its targets, which needs no device, and prints what each kernel takes of each. Fails when
# registers spill into memory; exits with 77 where there is no nvcc.
#   installer/cuda.sh
set -uo pipefail
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
PATH=$PATH:/usr/local/cuda/bin
if ! command -v nvcc >/dev/null; then
    echo 'there is no nvcc on this machine'
    exit 77
fi
log=$top/build/cuda.plugin.log
# ptxas speaks only when it works.
find "$top/build/cuda/engine/kernels" -path '*/infolio_cuda.dir/*.o' -delete 2>/dev/null
build cuda infolio_cuda >"$log" 2>&1 || { tail -n 40 "$log"; exit 1; }
c++filt <"$log" | awk '
    function report() { if (name != "") printf "%-22s %-7s %9d %9d %12d\n", name, target, registers, shared, spills }
    BEGIN { printf "%-22s %-7s %9s %9s %12s\n", "kernel", "target", "registers", "shared B", "spilled B" }
    /Compiling entry function/ {
        report()
        target = $NF; gsub(/\047/, "", target)
        name = $0; sub(/.*entry</, "", name); sub(/\(anonymous namespace\)::/, "", name)
        gsub(/engine::kernels::device::/, "", name)
        shared = name; sub(/, Infolio.*/, "", name)
        sub(/.*, /, "", shared); shared += 0
        registers = spills = 0
        count++
    }
    /bytes spill stores/ { spills = $5 + $9; total += spills }
    /Used [0-9]+ registers/ { for (i = 1; i < NF; i++) if ($i == "Used") registers = $(i + 1) }
    END { report(); exit !(count > 0 && total == 0) }'
