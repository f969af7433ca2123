#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/kernel module: what is built when, against a kernel that is a stand-in.
# Real ones are what "make run_tests" builds against.
# shellcheck disable=SC2154 # $tmp is tap.sh's
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/lib/tap.sh
. "$tools/lib/tap.sh"
# shellcheck source=tools/lib/test-kernel.sh
. "$tools/lib/test-kernel.sh"
make_tree
driver="$tmp/my driver"
out="$tmp/out dir/a.ko"
module() { kernel "$1" module "$tree" "$driver" "$out"; }
builds()
{
	mkdir -p "$driver"
	: >"$driver/Kbuild"
	echo 'int a;' >"$driver/a.c"
	module 0 && nm "$out" | grep -q ' a$' && [ "$(calls build)" = 1 ] && [ ! -s "$tmp/out" ]
}
unchanged() { rm "$out"; touch "$driver/a.c"; module 0 && [ -f "$out" ] && [ "$(calls build)" = 1 ]; }
changed() { echo 'int b;' >"$driver/a.c"; module 0 && nm "$out" | grep -q ' b$' && [ "$(calls build)" = 2 ]; }
kernel_changed() { echo x >>"$tree/Module.symvers"; module 0 && [ "$(calls build)" = 3 ]; }
clean_environment()
{
	echo 'int c;' >"$driver/a.c"
	with MAKEFLAGS 'O=/x W=9' with O /x module 0 && grep -q 'build O= C=0 W=$' "$tree/calls"
}
checked() { with C 1 module 0 && tail -n 1 "$tree/calls" | grep -q 'C=1'; }
warns()
{
	echo 'int f(void) { return g(); }' >"$driver/a.c"
	module 0 && grep -q "$driver/a.c:1.*warning" "$tmp/err" && ! grep -q 'CC \[M\]' "$tmp/err" &&
		module 0 && grep -q "$driver/a.c:1.*warning" "$tmp/err"
}
breaks()
{
	cp "$out" "$tmp/before"
	echo 'int f(' >"$driver/a.c"
	module 1 && grep -q 'does not build for 9.9.0-test' "$tmp/err" && cmp "$tmp/before" "$out"
}
odd_cache()
{
	echo 'int d;' >"$driver/a.c"
	with XDG_CACHE_HOME "$tmp/a cache: odd" module 0 && nm "$out" | grep -q ' d$'
}

tap 'a module is built' builds
tap 'and not again, only its time being new' unchanged
tap 'and again with a new source' changed
tap 'and again for a new build of the kernel' kernel_changed
tap "the caller's O= and MAKEFLAGS do not reach kbuild" clean_environment
tap 'C=1 does, and builds all' checked
tap 'warnings name the source, each time' warns
tap 'a driver that does not build leaves the module alone' breaks
tap 'a cache with a space and a colon in its path' odd_cache
tap_done
