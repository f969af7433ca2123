# shellcheck shell=sh disable=SC2016,SC2154 # makefiles, scripts; $tmp and $tools are the test's
# SPDX-License-Identifier: GPL-2.0-only
#
# For the tests of tools/mutants-run, sourced after tap.sh: the tool among stand-ins
# for what it calls, a tree whose kernel is its source, and a runner that reads in
# that kernel what to say.

export XDG_CACHE_HOME="$tmp/cache" KSRC
unset TREE MUTANTS FAST TESTS O DAXWAKE_QEMU CONFIG || :
root=$tmp/root
src=$tmp/src
tree=$tmp/tree
export DAXWAKE_MUTANTS="$tmp/mutants"

# stub NAME LINE...: a script
stub()
{
	stub_to=$root/tools/$1
	shift
	mkdir -p "${stub_to%/*}"
	printf '%s\n' '#!/bin/sh' "$@" >"$stub_to"
	chmod +x "$stub_to"
}

make_tools()
{
	mkdir -p "$root/tools" "$root/driver" "$root/selftests/dax" "$root/out/selftests" "$root/out/bin"
	cp -R "$tools/lib" "$tools/mutants-run" "$tools/mutate" "$tools/report" "$tools/guest" "$root/tools/"
	stub deps 'exit 0'
	stub build 'exit 0'
	stub initramfs ': >"$1"'
	stub kernel "echo \"\$*\" >>$tmp/calls" 'case $1 in' \
		"prepare) printf '%s\n' release=9.9.0 version=9.9.0 image=\$2/arch/x86/boot/bzImage modules=/ kdir=\$2 ;;" \
		"module) : >\"\$4\" ;;" "source) echo $tree ;;" 'esac'
	cp "$tools/lib/fake-mutant-run.sh" "$root/out/bin/run"
	export O="$root/out"
}

make_source()
{
	mkdir -p "$tree/arch/x86/boot" "$tree/include/config" "$tree/include/generated" "$src/mm" "$DAXWAKE_MUTANTS"
	printf 'CONFIG_MODULES=y\nCONFIG_CC_VERSION_TEXT="gcc 9"\n' >"$tree/.config"
	echo 9.9.0 >"$tree/include/config/kernel.release"
	touch "$tree/Module.symvers" "$tree/include/generated/autoconf.h"
	printf 'VERSION = 9\nPATCHLEVEL = 9\n' >"$src/Makefile"
	echo 'known early' >"$src/mm/says"
	echo 'x' >"$src/mm/a.h"
	printf '%s\n' "include $src/Makefile" 'bzImage modules:' \
		"	@! grep -q unbuildable $src/mm/says" \
		"	@cp $src/mm/says arch/x86/boot/bzImage" >"$tree/Makefile"
	cp "$src/mm/says" "$tree/arch/x86/boot/bzImage"
	ln -sfn "$src" "$tree/source"
}

# mutant NAME VERDICT COMMAND [FILES]: a script that edits mm/says, where each line is
# a test that fails and its verdict
mutant()
{
	printf '%s\n' "# X01: $1" '# Trees: 9.*' "# Files: ${4:-mm/says}" "# Verdict: $2" '# Seen by: -' \
		'# Tests: a.*' "$3" >"$DAXWAKE_MUTANTS/$1.sh"
}

# run WANTED-EXIT [NAME=VALUE...]: output in out and err
run()
{
	want=$1
	shift
	rm -f "$tmp/calls"
	exits "$want" env TREE="$tree" "$@" "$root/tools/mutants-run" && clean
}

pristine() { (cd "$src" && find . -type f -exec sha256sum {} + | sort); cat "$tree/arch/x86/boot/bzImage"; }

# nothing is left but what is kept on purpose, and the source is as it was
clean()
{
	[ "$(pristine)" = "$before" ] && [ -z "$(find "$tmp/cache" -name 'now*' ! -name 'now?.lock')" ] && ! pgrep -f "$root/out/bin/run" >/dev/null
}

# row NAME STATE VERDICT TEST: such a line was printed
row() { grep -q "^$1  *$2  *$3  *[0-9]* s  $4" "$tmp/out"; }
