#!/usr/bin/env bash
# Makes the Debian packages in build/packages, checks them with what is installed here, and says how big they are.
#   installer/package.sh          then: apt install ./build/packages/*.deb
set -euo pipefail
# shellcheck disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
case ${1:-} in
'') ;;
-h | --help)
    sed -n '2,3s/^# //p' "$0"
    exit 0
    ;;
*)
    echo 'usage: installer/package.sh' >&2
    exit 2
    ;;
esac

packages=$top/build/packages
skipped=()
# check PROGRAM ARGS…: runs it when it is there, and remembers that it was not
check() {
    if command -v "$1" >/dev/null; then
        printf '%s\n' "$1" >&2
        "$@"
    else
        skipped+=("$1")
    fi
}

"$top/installer/setup.sh" >/dev/null
check desktop-file-validate "$top/installer/org.infolio.Infolio.desktop"
check appstreamcli validate --no-net --pedantic "$top/installer/org.infolio.Infolio.metainfo.xml"

log=$top/build/package.log
echo 'Building Infolio (the first time takes some minutes)…' >&2
build release infolio infolio-cli infolio-reader sample_book icon_pictures compressed_documents >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    printf 'package: the build failed; the whole log is %s\n' "$log" >&2
    exit 1
}
echo 'Packing (compressing the runtime takes some minutes)…' >&2
rm -rf "$packages"
mkdir -p "$packages"
(cd "$top/build/release" && cpack -G DEB -B "$packages") >>"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    printf 'package: packing failed; the whole log is %s\n' "$log" >&2
    exit 1
}
rm -rf "$packages/_CPack_Packages"
# Warnings count too: what is meant has an override with its reason. No bug is closed, as nothing is uploaded to Debian.
check lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs "$packages"/*.deb

[ ${#skipped[@]} -eq 0 ] || printf 'package: not checked with %s, which is not installed here.\n' "${skipped[*]}" >&2
for package in "$packages"/*.deb; do
    printf '%7.1f MB, installed %7.1f MB  %s\n' "$(stat -c %s "$package" | awk '{ print $1 / 1e6 }')" \
        "$(dpkg-deb -f "$package" Installed-Size | awk '{ print $1 / 1e3 }')" "$package"
done
