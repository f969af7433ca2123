#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/kernel against an archive of our own: what is trusted, what is followed,
# what is left behind when it goes wrong.
# shellcheck disable=SC2154 # $tmp is tap.sh's
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/lib/tap.sh
. "$tools/lib/tap.sh"
# shellcheck source=tools/lib/test-kernel.sh
. "$tools/lib/test-kernel.sh"

if ! command -v gpg >/dev/null; then
	tap_skip 'an archive of our own' 'needs gpg to sign it (tools/deps check)'
	tap_done
fi
mirror=$tmp/mirror
cache=$tmp/cache/daxwake
export GNUPGHOME="$tmp/gpg"
mkdir -m 700 "$GNUPGHOME"
trap 'gpgconf --kill all; rm -rf "$tmp"' EXIT
for key in archive other; do
	gpg -q --batch --passphrase '' --quick-gen-key "$key" ed25519 2>"$tmp/log"
	gpg -q --export "$key" >"$tmp/$key.gpg"
done
export DAXWAKE_MIRROR="file://$mirror" DAXWAKE_KEYRING="$tmp/archive.gpg"

# deb NAME VERSION DEPENDS: what is below $tmp/new becomes a package
deb()
{
	mkdir -p "$tmp/new/DEBIAN" "$mirror/pool"
	printf '%s\n' "Package: $1" "Version: $2" 'Architecture: amd64' 'Maintainer: nobody' \
		"Depends: $3" 'Installed-Size: 1' 'Description: test' >"$tmp/new/DEBIAN/control"
	dpkg-deb -Znone --root-owner-group -b "$tmp/new" "$mirror/pool/$1_$2.deb" >/dev/null
	rm -rf "$tmp/new"
}

# file PATH TEXT: into the next package
file()
{
	mkdir -p "$tmp/new/$(dirname "$1")"
	printf '%s\n' "$2" >"$tmp/new/$1"
}

# publish [KEY]: list what is in the pool, and sign the list
publish()
{
	dists=$mirror/dists/sid
	mkdir -p "$dists/main/binary-amd64"
	for deb in "$mirror"/pool/*.deb; do
		dpkg-deb -f "$deb"
		printf '%s\n' "Filename: pool/${deb##*/}" "Size: $(stat -c %s "$deb")" \
			"SHA256: $(sha256sum "$deb" | cut -c1-64)" ''
	done >"$dists/main/binary-amd64/Packages"
	list=main/binary-amd64/Packages
	printf '%s\n' 'Suite: sid' 'Codename: sid' 'Components: main' 'Architectures: amd64' \
		"Date: $(date -Ru)" 'SHA256:' \
		" $(cd "$dists" && sha256sum "$list" | cut -c1-64) $(stat -c %s "$dists/$list") $list" |
		gpg -q --batch --yes -u "${1:-archive}" --clearsign -o "$dists/InRelease"
}

# linux RELEASE COMPILER: a kernel split as the newest ones are
linux()
{
	rm -rf "$mirror"
	m=usr/lib/modules/$1
	file "$m/vmlinuz" image && deb "linux-binary-$1" "$1" linux-modules-"$1"
	file "$m/modules.builtin" '' && touch "$tmp/new/$m/modules.order" && deb "linux-modules-$1" "$1" ''
	deb "linux-image-$1" "$1" "initramfs-tools | x, linux-binary-$1 (= $1)"
	deb linux-image-amd64 "$1" "linux-image-$1 (= $1)"
	file usr/src/linux-headers-"$1"/Makefile "include /usr/src/linux-headers-$1-common/Makefile"
	file usr/src/linux-headers-"$1"/.config "CONFIG_CC_VERSION_TEXT=\"$2 9\""
	mkdir -p "$tmp/new/$m"
	ln -s "/usr/src/linux-headers-$1" "$tmp/new/$m/build"
	deb "linux-headers-$1" "$1" "linux-headers-$1-common, gcc-9-for-host"
	file usr/src/linux-headers-"$1"-common/Makefile "all:;@echo made $1" && deb "linux-headers-$1-common" "$1" ''
	deb linux-headers-amd64 "$1" "linux-headers-$1"
	publish
}

prepared() { kernel 0 prepare debian:sid && grep -qx "version=$1" "$tmp/out"; }
old_lists() { touch -d '2 hours ago' "$cache/apt/sid/updated"; }
empty() { rm -rf "$cache"; }
nothing_left() { [ -z "$(find "$cache/kernels" -mindepth 2 2>/dev/null)" ]; }
got() { sed -n "s/^$1=//p" "$tmp/out"; }

followed()
{
	linux 1.0 gcc
	prepared 1.0 && [ "$(cat "$(got image)")" = image ] && [ -z "$(got chroot)" ] &&
		[ -f "$(got modules)/lib/modules/1.0/modules.dep" ] &&
		[ "$(make -s -C "$(got kdir)")" = 'made 1.0' ] &&
		[ "$(readlink -f "$(got modules)/lib/modules/1.0/build")" = "$(got kdir)" ]
}
asked_for() { [ "$(cat "$cache/kernels/sid/current/needs")" = gcc-9-for-host ]; }
warm() { mv "$mirror" "$tmp/away" && prepared 1.0 && [ ! -s "$tmp/err" ]; }
offline()
{
	old_lists
	prepared 1.0 && grep -q 'no news of sid' "$tmp/err" && prepared 1.0 && [ ! -s "$tmp/err" ]
}
newer() { linux 1.1 gcc && old_lists && prepared 1.1; }
moved_on() { linux 1.2 gcc && rm -rf "$cache/kernels" && prepared 1.2; }
compiler() { linux 1.3 gcc-no-such && old_lists && prepared 1.3 && [ "$(got chroot)" = "$cache/chroot/sid" ]; }
moved_cache()
{
	mkdir "$tmp/moved" && mv "$cache" "$tmp/moved/" && with XDG_CACHE_HOME "$tmp/moved" prepared 1.3 &&
		[ ! -s "$tmp/err" ] && [ "$(make -s -C "$(got kdir)")" = 'made 1.3' ]
}
tampered()
{
	empty
	printf x | dd of="$mirror/pool/linux-binary-1.3_1.3.deb" bs=1 seek=200 conv=notrunc 2>/dev/null
	refused 3 'Hash Sum mismatch' prepare debian:sid && nothing_left
}
incomplete()
{
	empty
	linux 1.3 gcc
	rm "$mirror"/pool/linux-modules*
	publish
	refused 3 'sid has no package linux-modules-1.3' prepare debian:sid && nothing_left
}
forged() { empty; publish other; refused 3 "couldn't be verified" prepare debian:sid && nothing_left; }
unsigned()
{
	empty
	gpg -q -d "$mirror/dists/sid/InRelease" >"$mirror/dists/sid/Release" 2>/dev/null || :
	rm "$mirror/dists/sid/InRelease"
	refused 3 'not signed' prepare debian:sid && nothing_left
}

tap 'the meta packages are followed, whatever the names' followed
tap 'the headers alone say what is needed to build' asked_for
tap 'warm, the mirror is not asked' warm
tap 'offline, the kernel in the cache does, and the mirror is not asked again at once' offline
tap 'an hour later a new kernel is seen' newer
tap 'a mirror that has moved on is asked what it has' moved_on
tap 'a compiler that is not here means a chroot' compiler
tap 'the cache can be moved' moved_cache
tap 'a package that was tampered with' tampered
tap 'a suite that lacks a package' incomplete
tap 'a list signed by somebody else' forged
tap 'a list that is not signed' unsigned
tap_done
