# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel tree somebody built, and the running kernel.

# tree_given SPEC: sets $tree, or ends with what is the matter and what to do
tree_given()
{
	[ -e "$1" ] || die 2 "unknown kernel '$1': neither debian:SUITE nor host, and no such directory (see --help)"
	[ -d "$1" ] || die 2 "$1 is not a directory (a kernel is debian:SUITE, a built tree or host)"
	tree=$(cd "$1" 2>/dev/null && [ -r . ] && pwd -P) ||
		die 2 "cannot read $1 (permissions of $(id -un))"
	[ -f "$tree/Makefile" ] || die 2 "$1 is not a kernel tree: it has no Makefile"
	[ -f "$tree/Kconfig" ] || [ -e "$tree/source" ] || grep -q KERNELRELEASE "$tree/Makefile" ||
		die 2 "$1 is not a kernel tree: it has no Kconfig (name the top of the source, or its O= directory)"
}

# tree_image: what of $tree is booted, and built: where it is our build, no image
# that has to unpack itself
tree_image()
{
	if [ -f "$tree/.daxwake" ] && grep -q '^CONFIG_PVH=y' "$tree/.config"; then
		echo vmlinux
	else
		echo arch/x86/boot/bzImage
	fi
}

# tree_check SPEC: the same as tree_given, for one that has to be built already
tree_check()
{
	tree_given "$1"
	[ -r "$tree/.config" ] ||
		die 2 "$1 is not configured (make -C $1 olddefconfig; for an O= build name that directory)"
	grep -q '^CONFIG_MODULES=y' "$tree/.config" ||
		die 2 "$1 is built without CONFIG_MODULES, which the driver needs"
	for tree_file in "$(tree_image)" include/config/kernel.release \
			include/generated/autoconf.h Module.symvers; do
		[ -r "$tree/$tree_file" ] ||
			die 2 "$1 is not built: no $tree_file (make -C $1 -j$(nproc) bzImage modules)"
	done
	if grep -q '=m$' "$tree/.config" && [ ! -f "$tree/modules.order" ]; then
		die 2 "$1 has modules that are not built (make -C $1 -j$(nproc) modules)"
	fi
}

# tree_chroot: sets $chroot, empty where this machine's compiler built $tree
tree_chroot()
{
	chroot=
	tree_suite=$(cat "$tree/.daxwake" 2>/dev/null) || :
	[ -n "$tree_suite" ] || return 0
	chroot_prepare "$tree_suite" "$source_needs" -source
	chroot=$chroot_dir
}

# tree_lacks SPEC: say what tests there are that such a kernel cannot run
tree_lacks()
{
	tree_list=
	while IFS='=' read -r tree_name _; do
		case $tree_name in
		CONFIG_*) grep -q "^$tree_name=[ym]" "$tree/.config" || tree_list="$tree_list $tree_name" ;;
		esac
	done <"$lib/../../selftests/dax/config"
	[ -z "$tree_list" ] || say "$1 lacks, for some of the tests:$tree_list"
}

# tree_prepare SPEC: the answer for a tree; its modules go to the cache
tree_prepare()
{
	tree_given "$1"
	! source_is "$tree" || source_build "$1"
	tree_check "$tree"
	tree_chroot
	[ "${CONFIG:-}" != keep ] || tree_lacks "$1"
	release=$(cat "$tree/include/config/kernel.release")
	version=$release
	image=$tree/$(tree_image)
	kdir=$tree
	tree_home=$cache/kernels/tree/$(printf '%s' "$tree" | sha256sum | cut -c1-16)
	modules=$tree_home/root
	tree_stamp=$(cd "$tree" && find "$(tree_image)" Module.symvers modules.order \
		modules.builtin .config -printf '%p %s %T@\n' 2>/dev/null) || :
	tree_have || tree_modules "$1"
}

# tree_have: what the cache has is what the tree has now
tree_have()
{
	[ "$(cat "$tree_home/stamp" 2>/dev/null)" = "$tree_stamp" ]
}

# tree_modules SPEC: install the tree's modules into the cache
tree_modules()
{
	lock "$tree_home.lock" "the modules of $1"
	! tree_have || { unlock; return 0; }
	rm -rf "$tree_home"
	# kbuild cannot install below a path with a space
	case $tree_home in
	*[[:space:]]*) tree_to=$(mktemp -d /tmp/daxwake.XXXXXX) ;;
	*) tree_to=$tree_home/new ;;
	esac
	tmp_add "$tree_to"
	mkdir -p "$tree_to/lib/modules/$release" "$tree_home"
	if [ -s "$tree/modules.order" ]; then
		tree_mb=$(cd "$tree" && sed 's/\.o$/.ko/' modules.order | tr '\n' '\0' |
			du -cm --files0-from=- 2>/dev/null | awk 'END { print $1 + 50 }')
		need_space "$tree_mb" "the modules of $1"
		step INSTALL "modules of $release"
		# shellcheck disable=SC2086 # a command and its arguments
		$kbuild make -s -C "$tree" modules_install INSTALL_MOD_PATH="$tree_to" \
			INSTALL_MOD_STRIP=1 DEPMOD=true >"$tree_home/log" 2>&1 ||
			die 3 "cannot install the modules of $1: $(why_failed "$tree_home/log")"
	else
		for tree_file in modules.builtin modules.builtin.modinfo modules.order; do
			cp "$tree/$tree_file" "$tree_to/lib/modules/$release/" 2>/dev/null || :
		done
	fi
	depmod -b "$tree_to" "$release" || die 3 "depmod failed for $release (see above)"
	mv "$tree_to" "$tree_home/root"
	printf '%s\n' "$tree_stamp" >"$tree_home/stamp"
	unlock
}

# host_prepare: the answer for the running kernel
host_prepare()
{
	release=$(uname -r)
	version=$release
	image=
	modules=/
	kdir=/lib/modules/$release/build
	[ -d "$kdir" ] || kdir=
}
