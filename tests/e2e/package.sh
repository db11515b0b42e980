#!/usr/bin/env bash
# The Debian packages in a system that has nothing else: installs them from local files, reads the sample book, asks about it
# and opens the window offscreen.
#   package.sh FOLDER_OF_PACKAGES [SUITE]
# Needs root, debootstrap and Debian's packages (INFOLIO_MIRROR names where from, by default what apt uses here). Takes about
# five minutes and 4 GB, which are given back. Prints one line per case, "ok" or "FAIL"; exit status 1 when one failed, 77 when
# it cannot run here.
set -uo pipefail
[ $# -ge 1 ] || { sed -n '4s/^# *//p' "$0" >&2; exit 2; }
packages=$1 suite=${2:-bookworm}
skip() { printf 'skipped: %s\n' "$*"; exit 77; }
[ "$(id -u)" -eq 0 ] || skip 'a chroot needs root.'
command -v debootstrap >/dev/null || skip 'debootstrap is not installed.'
ls "$packages"/infolio-cli_*.deb >/dev/null 2>&1 || skip "there are no packages in $packages; installer/package.sh makes them."
# The mounts live in a namespace of this script's own, so the kernel undoes them with it, however it ends.
if [ -z "${INFOLIO_NAMESPACE:-}" ]; then
    unshare -m true 2>/dev/null || skip 'no mount namespace is to be had here.'
    INFOLIO_NAMESPACE=1 exec unshare -m --propagation private "$0" "$@"
fi

root=$(mktemp -d "${TMPDIR:-/var/tmp}/infolio-chroot.XXXXXX")
clean() {
    local mount
    rm -f "$root.out"
    for mount in "$root/dev" "$root/proc"; do
        ! mountpoint -q "$mount" || umount -l "$mount"
    done
    # A folder of the running system that is still mounted there would be emptied with the rest.
    if grep -qF " $root/" /proc/self/mounts; then
        printf 'something is still mounted under %s; it was left as it is\n' "$root" >&2
    else
        rm -rf --one-file-system "$root"
    fi
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

failures=0
# step NAME STATUS COMMAND…: runs it and compares its exit status; tells the seconds
step() {
    local name=$1 wanted=$2 rc before=$SECONDS
    shift 2
    "$@" >"$root.out" 2>&1 </dev/null
    rc=$?
    if [ $rc -eq "$wanted" ]; then
        printf 'ok    %s (%d s)\n' "$name" $((SECONDS - before))
    else
        printf 'FAIL  %s: exit status %d (%d s)\n' "$name" $rc $((SECONDS - before))
        tail -n 25 "$root.out"
        failures=$((failures + 1))
    fi
    cp "$root.out" "$root/last.out" 2>/dev/null
    rm -f "$root.out"
    return $((rc != wanted))
}
inside() {
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        XDG_RUNTIME_DIR=/run/user "$@"
}
said() { # WHAT PATTERN: the last step's output holds it
    if grep -q -- "$2" "$root/last.out"; then printf 'ok    %s\n' "$1"; else
        printf 'FAIL  %s\n' "$1"
        tail -n 25 "$root/last.out"
        failures=$((failures + 1))
    fi
}

mirror=${INFOLIO_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' "Codename: $suite" 'Component: main' 2>/dev/null | head -n 1)}
step 'debootstrap' 0 debootstrap --variant=minbase "$suite" "$root" ${mirror:+"$mirror"} || exit 1
mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && mount --make-rslave "$root/dev" || exit 1
mkdir -p "$root/packages" "$root/run/user"
chmod 700 "$root/run/user"
cp "$packages"/*.deb "$root/packages/"
# How this machine reaches its packages is how the chroot does.
for file in /etc/resolv.conf /etc/hosts /etc/apt/apt.conf /etc/apt/apt.conf.d/*proxy* /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    [ ! -e "$file" ] || install -D -m 644 "$file" "$root$file"
done

before=$(inside dpkg-query -W | wc -l)
step 'package lists' 0 inside apt-get update
step 'install' 0 inside sh -c 'apt-get install -y --no-install-recommends /packages/*.deb' || exit 1
rm -rf "$root/packages"
printf '      %d packages in all, %d of them for Infolio; the system takes %s\n' "$(inside dpkg-query -W | wc -l)" \
    $(($(inside dpkg-query -W | wc -l) - before)) "$(du -shx "$root" | cut -f1)"
step 'files lie where they belong' 0 inside sh -c 'status=0; for file do test -s "$file" || { echo "$file"; status=1; }; done; exit $status' sh \
    /usr/bin/infolio /usr/bin/infolio-cli /usr/libexec/infolio/infolio-reader /usr/lib/infolio/libtorch_cpu.so \
    /usr/share/infolio/infolio-manual.pdf /usr/share/infolio/models/SmolLM2-135M-Instruct.Q4_1.gguf \
    /usr/share/applications/org.infolio.Infolio.desktop /usr/share/metainfo/org.infolio.Infolio.metainfo.xml \
    /usr/share/icons/hicolor/scalable/apps/org.infolio.Infolio.svg /usr/share/icons/hicolor/symbolic/apps/org.infolio.Infolio-symbolic.svg \
    /usr/share/icons/hicolor/48x48/apps/org.infolio.Infolio.png /usr/share/icons/hicolor/256x256/apps/org.infolio.Infolio.png \
    /usr/share/bash-completion/completions/infolio-cli /usr/share/doc/infolio-runtime/libtorch-terms.txt
# A bare system takes no manual pages along; the packages do.
for page in infolio infolio-cli; do
    step "$page has a manual page" 0 sh -c "dpkg-deb -c '$packages'/${page}_*.deb | grep -q 'usr/share/man/man1/$page.1.gz'"
done
for package in infolio infolio-cli infolio-reader infolio-runtime infolio-model-smollm2; do
    step "$package has copyright and changelog" 0 sh -c "[ \$(dpkg-deb -c '$packages'/${package}_*.deb | grep -cE 'usr/share/doc/$package/(copyright|changelog.Debian.gz)') -eq 2 ]"
done
step 'nothing is missing' 0 inside sh -c '! ldd /usr/bin/infolio /usr/bin/infolio-cli /usr/libexec/infolio/infolio-reader /usr/lib/infolio/*.so* | grep "not found"'
step 'infolio --version' 0 inside infolio --version
said 'names itself' '^infolio [0-9]'
step 'infolio-cli --version' 0 inside infolio-cli --version -v
said 'finds the model' '/usr/share/infolio/models/'
step 'infolio without a display' 1 inside infolio
said 'says so' '^infolio: There is no display'
book=/usr/share/infolio/infolio-manual.pdf
step 'read the sample book' 0 inside infolio-cli --progress never read $book
step 'ask about it' 0 inside infolio-cli --progress never ask $book 'Where was the second key to the desk found?'
said 'quotes the answer' 'boathouse'
said 'says where it stands' 'p\. [0-9]* (PDF [0-9]*)'
step 'the window, for five seconds' 124 inside QT_QPA_PLATFORM=offscreen timeout 5 infolio
step 'remove' 0 inside apt-get purge -y infolio infolio-cli infolio-reader infolio-runtime infolio-model-smollm2
step 'leaves nothing' 0 inside sh -c '! find /usr /etc -name "*infolio*" | grep .'
[ $failures -eq 0 ]
