#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/kernel prepare with a source: what is built where and when, against one
# that is as much of a kernel as is looked at. Real ones take minutes.
# shellcheck disable=SC2016,SC2154 # makefiles; $tmp is tap.sh's
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/lib/tap.sh
. "$tools/lib/tap.sh"
# shellcheck source=tools/lib/test-kernel.sh
. "$tools/lib/test-kernel.sh"
unset CONFIG DAXWAKE_CC_SUITE || :

src=$tmp/src
trees=$tmp/cache/daxwake/trees
# what kbuild's targets do, as far as it is looked at; calls are counted
make_source()
{
	rm -rf "$src" "$trees"
	mkdir -p "$src/scripts" "$src/arch/x86" "$src/mm"
	: >"$src/Kconfig"
	echo 'int a;' >"$src/mm/a.c"
	echo 'REALMODE_CFLAGS := -m16' >"$src/arch/x86/Makefile"
	echo 'echo 5.1.0' >"$src/scripts/min-tool-version.sh"
	printf '%s\n' 'VERSION = 9' 'PATCHLEVEL = 9' 'SUBLEVEL = 1' \
		'ifneq ($(MAKECMDGOALS),modules_install)' \
		'$(if $(shell test -f $(dir $(firstword $(MAKEFILE_LIST))).config && echo y),$(error not clean))' \
		'endif' \
		'all:' \
		'allnoconfig:' '	@cp $(KCONFIG_ALLCONFIG) $(O)/.config; echo config $@ >>$(O)/calls' \
		'olddefconfig:' '	@echo config $@ >>$(O)/calls' \
		'bzImage: $(O)/arch/x86/boot/bzImage' '	@:' 'vmlinux modules: $(O)/vmlinux' '	@:' \
		'$(O)/vmlinux $(O)/arch/x86/boot/bzImage: mm/a.c $(O)/.config' \
		'	@mkdir -p $(O)/arch/x86/boot $(O)/include/config $(O)/include/generated' \
		'	@echo "KERNELRELEASE := 9.9.1" >$(O)/Makefile; ln -sfn $(CURDIR) $(O)/source' \
		'	@echo 9.9.1 >$(O)/include/config/kernel.release; touch $(O)/Module.symvers' \
		'	@touch $(O)/include/generated/autoconf.h; sed -i s/=m/=y/ $(O)/.config' \
		'	@gcc -c -o $@ mm/a.c && echo build >>$(O)/calls' >"$src/Makefile"
}
pristine() { find "$src" -type f -exec sha256sum {} + | sort | sha256sum; }
prepared() { kernel 0 prepare "$src" && built=$(sed -n 's/^kdir=//p' "$tmp/out"); }
count() { [ "$(grep -c "$1" "$built/calls")" = "$2" ]; }

built_elsewhere()
{
	make_source
	before=$(pristine)
	prepared && [ "${built#"$trees/"}" != "$built" ] && [ -s "$built/vmlinux" ] &&
		grep -qx "image=$built/vmlinux" "$tmp/out" && grep -qx release=9.9.1 "$tmp/out" &&
		grep -qx chroot= "$tmp/out" && grep -q CONFIG_FS_DAX=y "$built/.config" &&
		grep -q CONFIG_VIRTIO_CONSOLE=y "$built/.config" && [ "$(pristine)" = "$before" ]
}
unchanged() { prepared && count config 1 && count build 1; }
changed() { echo 'int b;' >"$src/mm/a.c"; prepared && count config 1 && count build 2; }
its_build() { kernel 0 prepare "$built" && grep -qx "kdir=$built" "$tmp/out"; }
other_place() { rm -rf "$tmp/src2"; cp -a "$src" "$tmp/src2"; first=$built; src=$tmp/src2 prepared && [ "$built" != "$first" ]; }
broken()
{
	echo 'int (' >"$src/mm/a.c"
	kernel 1 prepare "$src" && [ ! -s "$tmp/out" ] && grep -q 'does not build' "$tmp/err" &&
		grep -q 'mm/a.c:1.*error' "$tmp/err"
}
kept()
{
	make_source
	{ grep -v PVH "$tools/lib/minimal.config"; echo CONFIG_MINE=y; } >"$src/.config"
	before=$(pristine)
	with CONFIG keep kernel 0 prepare "$src" && grep -q 'lacks, for some of the tests:.* CONFIG_FS_DAX ' "$tmp/err" &&
		built=$(sed -n 's/^kdir=//p' "$tmp/out") && grep -qx CONFIG_MINE=y "$built/.config" &&
		grep -qx "image=$built/arch/x86/boot/bzImage" "$tmp/out" && count olddefconfig 1 && [ "$(pristine)" = "$before" ] && [ -s "$src/.config" ]
}
not_asked() { refused 2 'has a .config: CONFIG=keep' prepare "$src"; }
not_enough() { echo CONFIG_MODULES=y >"$src/.config"; with CONFIG keep kernel 2 prepare "$src" && grep -q 'needs CONFIG_BLK_DEV_INITRD' "$tmp/err"; }
none_kept() { make_source; with CONFIG keep refused 2 'has no .config' prepare "$src"; }
debug_too()
{
	make_source
	with CONFIG debug kernel 0 prepare "$src" && built=$(sed -n 's/^kdir=//p' "$tmp/out") &&
		grep -qx CONFIG_DEBUG_VM=y "$built/.config" && grep -qx CONFIG_FS_DAX=y "$built/.config"
}
quick()
{
	make_source
	with CONFIG quick kernel 0 prepare "$src" && built=$(sed -n 's/^kdir=//p' "$tmp/out") &&
		grep -qx CONFIG_EXT4_FS=y "$built/.config" && grep '^CONFIG_XFS_FS=' "$built/.config" | tail -n 1 | grep -q =n
}
no_such() { with CONFIG mine refused 2 "CONFIG is 'mine'" prepare "$src"; }
dirty() { make_source; mkdir -p "$src/include/config"; refused 2 'not clean' prepare "$src" && [ ! -d "$trees" ]; }
blank() { make_source; mv "$src" "$tmp/a b"; refused 2 'a blank or a colon' prepare "$tmp/a b"; }

# compiler VERSION WANTED: this machine's gcc is VERSION, and WANTED's is taken. There
# is no mirror, so that is as far as it goes.
compiler()
{
	make_source
	mkdir -p "$tmp/bin"
	printf '#!/bin/sh\n[ "$1" = -dumpversion ] && echo %s || exec %s "$@"\n' "$1" "$(command -v gcc)" >"$tmp/bin/gcc"
	chmod +x "$tmp/bin/gcc"
	with PATH "$tmp/bin:$PATH" kernel 3 prepare "$src" &&
		grep -q "gcc $1 is not for 9.9.1: with the compiler of $2" "$tmp/err"
}
new_enough()
{
	make_source
	echo 'REALMODE_CFLAGS := -std=gnu11 -m16' >"$src/arch/x86/Makefile"
	with PATH "$tmp/bin:$PATH" kernel 0 prepare "$src" && ! grep -q compiler "$tmp/err"
}
no_suite() { make_source; with DAXWAKE_CC_SUITE jessie refused 2 "unknown suite 'jessie'" prepare "$src"; }
full()
{
	make_source
	mkdir -p "$tmp/small"
	unshare -m sh -c 'mount -t tmpfs -o size=20M tmpfs "$1" && XDG_CACHE_HOME=$1 "$2" prepare "$3"
		echo "exit $?"' sh "$tmp/small" "$tools/kernel" "$src" >"$tmp/out" 2>&1
	cat "$tmp/out"
	grep -q 'no space for the build of .* MB needed' "$tmp/out" && [ "$(tail -n 1 "$tmp/out")" = 'exit 3' ]
}

tap 'a source is built in the cache, and only read' built_elsewhere
tap 'unchanged, it is not built again' unchanged
tap 'changed, it is, and not configured again' changed
tap 'what was built can be named too' its_build
tap 'the same source at another place is another tree' other_place
tap 'one that does not build' broken
if unshare -m true 2>/dev/null; then
	tap 'CONFIG=keep: its own .config, and what that lacks' kept
	tap 'a .config that was not asked for' not_asked
	tap 'CONFIG=keep: a kernel that cannot boot in the VM' not_enough
	tap 'no space' full
else
	tap_skip 'CONFIG=keep, no space' 'needs a mount namespace'
fi
tap 'CONFIG=keep: there is none' none_kept
tap 'CONFIG=debug: ours, with more checks' debug_too
tap 'CONFIG=quick: ours, with less in it' quick
tap 'no other CONFIG is known' no_such
tap 'a source that is not clean' dirty
tap 'a path that kbuild cannot have' blank
tap 'a compiler that is too old' compiler 4 trixie
tap 'one that is too new' compiler 15 bookworm
tap 'the same, for a source that knows it' new_enough
tap 'a suite with no compiler' no_suite
tap_done
