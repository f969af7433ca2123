#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2154 # what lib/ sets and uses
#
# tools/initramfs, for a kernel that has no modules at all.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
. "$tools/lib/tap.sh"
export XDG_CACHE_HOME="$tmp/the cache"

modules="$tmp/the kernel"
selftests="$tmp/the tests"
mkdir -p "$modules/lib/modules/9.9" "$selftests/dax" "$selftests/bin"
depmod -b "$modules" 9.9 2>/dev/null
cp /bin/true "$selftests/dax/a_test"
echo 'dax:a_test' >"$selftests/kselftest-list.txt"
echo module >"$tmp/x.ko"

# makes CODE TEXT OPTION...: what it says has TEXT in it, or is nothing at all
makes()
{
	want=$1
	text=$2
	shift 2
	rc=0
	"$tools/initramfs" "$@" >"$tmp/out" 2>&1 || rc=$?
	cat "$tmp/out"
	[ "$rc" -eq "$want" ] || return 1
	[ -n "$text" ] || [ ! -s "$tmp/out" ] || return 1
	grep -qF -- "$text" "$tmp/out" || [ -z "$text" ]
}

# has PATH...
has()
{
	for path; do
		grep -qxF -- "$path" "$tmp/list" || {
			echo "$path is not in it"
			return 1
		}
	done
}

# Archives follow each other, and cpio reads one at a time.
list()
{
	for part in "$tmp/cpio/"*; do
		cpio -t --quiet <"$part"
	done
}

tap "no output named" makes 2 "no output file" --release 9.9 --kernel-modules "$modules"
tap "no release" makes 2 "--release is missing" x --kernel-modules "$modules"
tap "no modules" makes 2 "--kernel-modules is missing" x --release 9.9
tap "an option without its value" makes 2 "--release wants a value" x --release
tap "an unknown option" makes 2 "unknown option --frob" --frob
tap "two outputs" makes 2 "got x and y" x y
tap "modules of another kernel" makes 3 "no directory $modules/lib/modules/9.8" x --release 9.8 \
	--kernel-modules "$modules"
set -- --kernel-modules "$modules" --release 9.9
tap "selftests that are not there" makes 3 "no selftests in $tmp/none" x "$@" --selftests "$tmp/none"
tap "a driver that is not there" makes 3 "no driver at $tmp/none" x "$@" --module "$tmp/none"
tap "an output that cannot be" makes 3 "cannot write /dev/null/x" /dev/null/x "$@"

set -- "$tmp/the initramfs" "$@" --selftests "$selftests" --module "$tmp/x.ko"
tap "one is made" makes 0 "" "$@"
mkdir "$tmp/cpio"
cp "$XDG_CACHE_HOME/daxwake/initramfs/"*.cpio "$tmp/cpio/"
list >"$tmp/list"
tap "... of three parts" [ "$(find "$tmp/cpio" -type f | wc -l)" -eq 3 ]
tap "... with programs and libraries" has init usr/bin/busybox usr/bin/sh usr/bin/timeout \
	usr/bin/stdbuf usr/bin/sed usr/sbin/mkfs.xfs usr/sbin/mkfs.ext4 usr/bin/ndctl \
	usr/lib64/ld-linux-x86-64.so.2
tap "... with fio" has usr/bin/fio
tap "... without what it does not need" sh -c '! grep -q libceph-common "$0/list"' "$tmp"
tap "... with the tests and what they need" has daxwake/selftests/dax/a_test daxwake/here \
	daxwake/lib/batch.sh daxwake/test_daxwake.ko daxwake/selftests/kselftest-list.txt
tap "... and a list of the modules that are not there" has usr/lib/modules/9.9/daxwake.absent
cp "$tmp/the initramfs" "$tmp/first"
tap "it is made again" makes 0 "" "$@"
tap "... out of the cache, the same" cmp "$tmp/the initramfs" "$tmp/first"
echo changed >>"$selftests/kselftest-list.txt"
tap "it is made with a changed test" makes 0 "" "$@"
tap "... which is not the same" sh -c '! cmp -s "$0/the initramfs" "$0/first"' "$tmp"
tap "... and one part more" [ "$(find "$XDG_CACHE_HOME" -name '*.cpio' | wc -l)" -eq 4 ]
tap "nothing else is left in the cache" [ -z "$(find "$XDG_CACHE_HOME" -name '*.tmp')" ]
tap_done
