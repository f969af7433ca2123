#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/kernel without a network: bad input, trees, the machine in the way.
# shellcheck disable=SC2154 # $tmp is tap.sh's
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/lib/tap.sh
. "$tools/lib/tap.sh"
# shellcheck source=tools/lib/test-kernel.sh
. "$tools/lib/test-kernel.sh"
help()
{
	kernel 0 --help && for word in prepare module source list KSRC DAXWAKE_MIRROR XDG_CACHE_HOME; do
		grep -q "$word" "$tmp/out" || return 1
	done
}
unreadable()
{
	mkdir -m 0 "$tmp/closed"
	mkdir "$tmp/nobody"
	chmod 755 "$tmp"
	chown 65534 "$tmp/nobody"
	XDG_CACHE_HOME=$tmp/nobody setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$tools/kernel" prepare "$tmp/closed" >"$tmp/out" 2>&1 && return 1
	cat "$tmp/out"
	[ "$(wc -l <"$tmp/out")" -eq 1 ] && grep -q "cannot read $tmp/closed" "$tmp/out"
}
unbuilt() { make_tree; rm "$tree/arch/x86/boot/bzImage"; refused 2 'bzImage modules)' prepare "$tree"; }
no_modules() { make_tree; : >"$tree/.config"; refused 2 CONFIG_MODULES prepare "$tree"; }
answers()
{
	make_tree
	rm -f "$tree/calls"
	kernel 0 prepare "$tree" && kernel 0 prepare "$tree" || return 1
	modules=$(sed -n 's/^modules=//p' "$tmp/out")
	[ "$(cut -d= -f1 "$tmp/out" | tr '\n' ' ')" = 'release version image modules kdir chroot ' ] &&
		grep -qx release=9.9.0-test "$tmp/out" && grep -qx "kdir=$tree" "$tmp/out" &&
		grep -qx "image=$tree/arch/x86/boot/bzImage" "$tmp/out" &&
		[ -f "$modules/lib/modules/9.9.0-test/modules.dep" ] && [ "$(calls install)" = 1 ]
}
rebuilt() { echo b >>"$tree/modules.order"; kernel 0 prepare "$tree" && [ "$(calls install)" = 2 ]; }
host() { kernel 0 prepare host && grep -qx "release=$(uname -r)" "$tmp/out" && grep -qx image= "$tmp/out"; }

# mirrors WANTED NAME: what is found in a sources file of that name
mirrors()
{
	mkdir -p "$tmp/apt/parts" "$tmp/apt/lists"
	rm -f "$tmp"/apt/parts/*
	cat >"$tmp/apt/parts/$2"
	printf 'Dir::Etc::%s "%s";\n' sourcelist /dev/null sourceparts "$tmp/apt/parts" >"$tmp/apt/conf"
	echo "Dir::State::lists \"$tmp/apt/lists\";" >>"$tmp/apt/conf"
	found=$(APT_CONFIG=$tmp/apt/conf sh -c '. "$1" && apt_mirrors' sh "$tools/lib/mirrors.sh")
	echo "found $found, wanted $1"
	[ "$found" = "$1" ]
}
one_line()
{
	mirrors 'http://a.example/debian/ http://a.example/debian-security/' a.list <<-END
		deb http://other.example/debian/12/prod bookworm main
		deb http://docker.example/linux/debian bookworm stable
		deb cdrom:[Debian]/ bookworm main
		deb-src http://src.example/debian bookworm main
		deb [arch=amd64] http://a.example/debian bookworm main contrib
		deb http://a.example/debian-security bookworm-security main
	END
}
deb822()
{
	mirrors 'https://b.example/pub/debian/ -' b.sources <<-END
		Types: deb deb-src
		URIs: https://b.example/pub/debian
		Suites: trixie trixie-updates
		Components: main

		Enabled: no
		Types: deb
		URIs: https://c.example/debian
		Suites: trixie trixie-security
		Components: main
	END
}

no_mirror() { refused 3 'no kernel of trixie' prepare debian:trixie && [ ! -d "$tmp/cache/daxwake/kernels/trixie" ]; }
no_space()
{
	mkdir -p "$tmp/small"
	# shellcheck disable=SC2016 # the inner shell's arguments
	unshare -m sh -c 'mount -t tmpfs -o size=20M tmpfs "$1" && XDG_CACHE_HOME=$1 "$2" prepare debian:trixie
		echo "exit $?"; find "$1" -name "*unpack*"' \
		sh "$tmp/small" "$tools/kernel" >"$tmp/out" 2>&1
	cat "$tmp/out"
	grep -q 'no space for .* MB needed' "$tmp/out" && [ "$(tail -n 1 "$tmp/out")" = 'exit 3' ]
}

tap 'help names every command and variable' help
tap 'an unknown command' refused 2 "'nonsense'" nonsense
tap 'an unknown suite, and those there are' refused 2 "'jessie' in debian:jessie (known: bullseye" prepare debian:jessie
tap 'an unknown kernel' refused 2 "'/no/where'" prepare /no/where
tap 'a file for a tree' refused 2 'is not a directory' prepare "$0"
tap 'a directory that is no tree' refused 2 'is not a kernel tree' prepare "$tools"
tap 'a tree that is not built' unbuilt
tap 'a tree without modules' no_modules
tap 'too few arguments' refused 2 'module takes' module host
tap 'no driver there' refused 2 'no driver directory at /no/where' module host /no/where "$tmp/a.ko"
if [ "$(id -u)" = 0 ]; then
	tap 'a tree that cannot be read' unreadable
else
	tap_skip 'a tree that cannot be read' 'needs root to become somebody else'
fi
tap 'a tree answers, its modules are installed once' answers
tap 'a tree that was built again is installed again' rebuilt
tap 'the running kernel answers' host
tap 'the mirrors of a one-line sources.list' one_line
tap 'the mirrors of a deb822 file' deb822
tap 'no mirror' no_mirror
tap 'no keyring' with DAXWAKE_KEYRING /no/keyring refused 3 'no Debian archive keyring' prepare debian:sid
if unshare -m true 2>/dev/null; then
	tap 'no space' no_space
else
	tap_skip 'no space' 'needs a mount namespace'
fi
tap 'a KSRC that is not whole' with KSRC "$tmp" refused 2 'it lacks tools/testing' source
tap 'a cache that cannot be written' with XDG_CACHE_HOME /proc/none refused 3 'cannot write the cache' prepare host
tap_done
