# shellcheck shell=sh disable=SC2016,SC2154 # makefiles; $tmp and $tools are the test's
# SPDX-License-Identifier: GPL-2.0-only
#
# For the tests of tools/kernel, sourced after tap.sh: a cache of their own, no
# mirror, and a kernel tree that is as much of one as is looked at.

export XDG_CACHE_HOME="$tmp/cache"
unset V C W KSRC DAXWAKE_KEYRING DAXWAKE_SECURITY_MIRROR || :
export DAXWAKE_MIRROR=file:///nonexistent/mirror DAXWAKE_SECURITY_MIRROR=file:///nonexistent/mirror

# kernel WANTED-EXIT ARGUMENT...: output in out and err
kernel()
{
	want=$1
	shift
	exits "$want" "$tools/kernel" "$@"
}

# refused WANTED-EXIT TEXT ARGUMENT...: one line on stderr that has TEXT, after
# whatever steps were taken
refused()
{
	text=$2
	want=$1
	shift 2
	kernel "$want" "$@" && [ ! -s "$tmp/out" ] &&
		[ "$(grep -vc '^  [A-Z]' "$tmp/err")" -eq 1 ] && grep -qF -- "$text" "$tmp/err"
}

# A kernel as far as it is looked at: what is built is a real object file, and
# the calls are counted.
tree=$tmp/tree
make_tree()
{
	mkdir -p "$tree/arch/x86/boot" "$tree/include/config" "$tree/include/generated"
	: >"$tree/Kconfig"
	printf 'CONFIG_MODULES=y\nCONFIG_A=m\n' >"$tree/.config"
	echo 9.9.0-test >"$tree/include/config/kernel.release"
	touch "$tree/arch/x86/boot/bzImage" "$tree/Module.symvers" \
		"$tree/include/generated/autoconf.h" "$tree/include/generated/utsrelease.h"
	echo a.ko >"$tree/modules.order"
	touch "$tree/a.ko"
	printf '%s\n' 'KERNELRELEASE = 9.9.0-test' \
		'modules_install:' \
		'	@mkdir -p $(INSTALL_MOD_PATH)/lib/modules/9.9.0-test' \
		'	@cp modules.order $(INSTALL_MOD_PATH)/lib/modules/9.9.0-test/' \
		'	@echo install >>calls' \
		'modules:' \
		'	@echo "build O=$(O) C=$(C) W=$(W)" >>calls' \
		'	@echo "  CC [M]  a.o"' \
		'	@gcc -c -o $(M)/a.ko $(M)/a.c' >"$tree/Makefile"
}

# with NAME VALUE COMMAND...: with that in the environment
with()
{
	with_name=$1
	with_value=$2
	shift 2
	(export "$with_name=$with_value" && "$@")
}

calls() { grep -c "$1" "$tree/calls" 2>/dev/null || :; }
