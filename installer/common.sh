# Sourced by what builds: where things lie, and set-up plus one preset's build.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "$top/build"
# One compiler for each core, as long as each can have a gigabyte.
jobs=$(nproc)
gigabytes=$(awk '/^MemAvailable/ { print int($2 / 1e6) }' /proc/meminfo)
[ "$gigabytes" -ge "$jobs" ] || jobs=$((gigabytes > 0 ? gigabytes : 1))

# What one preset's build compiled serves the others: their folders lie side by side and differ in nothing that matters.
export CCACHE_BASEDIR=$top CCACHE_NOHASHDIR=1
# The presets alone say what is built.
unset CC CXX CPPFLAGS CFLAGS CXXFLAGS LDFLAGS

build() { # PRESET [TARGET…]
    local preset=$1
    shift
    (cd "$top" && cmake --preset "$preset" -Wno-dev >"$top/build/$preset.configure.log" 2>&1) ||
        { tail -n 30 "$top/build/$preset.configure.log" >&2; echo "configuring the preset $preset failed" >&2; return 1; }
    if [ $# -eq 0 ]; then
        cmake --build "$top/build/$preset" -j "$jobs"
    else
        cmake --build "$top/build/$preset" -j "$jobs" --target "$@"
    fi
}
