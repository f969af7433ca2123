# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# A suite's compiler, for kernels this machine's cannot build modules for. The
# packages are only unpacked, by this user: compilers need no maintainer
# scripts, so no root is needed to make it, to use it or to delete it.

# beside what the headers ask for: what kbuild's recipes call
chroot_tools='make bash coreutils sed grep mawk findutils diffutils sparse'

# cc_of KDIR: the compiler that kernel was built with
cc_of()
{
	sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ "]*\).*/\1/p' "$1/.config"
}

# chroot_needed KDIR: can this machine not build modules against KDIR?
# Tried rather than derived from version numbers: do kbuild's own programs run
# here, and is the compiler the kernel was built with here.
chroot_needed()
{
	needed_cc=$(cc_of "$1")
	command -v "${needed_cc:-gcc}" >/dev/null || return 0
	set -- "$1/scripts/basic/fixdep" "$1/scripts/mod/modpost" \
		"$1/scripts/genksyms/genksyms" "$1/tools/objtool/objtool" \
		"$1/tools/bpf/resolve_btfids/resolve_btfids"
	ldd "$@" 2>&1 | grep -q 'not found'
}

# chroot_prepare SUITE NEEDS [KIND]: make $cache/chroot/SUITE hold the packages NEEDS
chroot_prepare()
{
	chroot_dir=$cache/chroot/$1${3:-}
	# shellcheck disable=SC2086 # lists of packages
	chroot_want=$(printf '%s\n' $2 $chroot_tools | sort -u)
	chroot_can
	mkdir -p "$cache/chroot"
	exec 8>"$chroot_dir.lock"
	chroot_have || chroot_make "$1"
	# held while it is in use, so that nobody replaces it meanwhile
	flock -s 8
}

chroot_have()
{
	[ "$(cat "$chroot_dir/.packages" 2>/dev/null)" = "$chroot_want" ]
}

chroot_make()
{
	lock "$cache/apt/$1/lock" "the packages of $1"
	! chroot_have || { unlock; return 0; }
	apt_init "$1"
	apt_fresh "$1" || apt_update || say "going on with the package lists of last time: $apt_why"
	rm -rf "$cache/chroot/.$1".*
	need_space 900 "the compiler of $1"
	chroot_tmp=$cache/chroot/.$1.$$
	tmp_add "$chroot_tmp"
	mkdir -p "$chroot_tmp/debs/partial" "$chroot_tmp/root"

	step FETCH "compiler of $1"
	# dpkg's status is empty, so this is the whole closure
	# shellcheck disable=SC2086
	chroot_fetch $chroot_want || { apt_update && chroot_fetch $chroot_want; } ||
		die 3 "cannot get a compiler of $1: $apt_why"
	step UNPACK "$chroot_dir"
	for chroot_link in bin sbin lib lib64; do
		mkdir -p "$chroot_tmp/root/usr/$chroot_link"
		ln -s "usr/$chroot_link" "$chroot_tmp/root/$chroot_link"
	done
	apt_unpack "$chroot_tmp/debs" "$chroot_tmp/root"
	mkdir -p "$chroot_tmp/root/proc" "$chroot_tmp/root/dev" "$chroot_tmp/root/tmp"
	# what update-alternatives would have done
	[ -e "$chroot_tmp/root/usr/bin/awk" ] || ln -s mawk "$chroot_tmp/root/usr/bin/awk"
	[ -e "$chroot_tmp/root/bin/sh" ] || ln -s bash "$chroot_tmp/root/bin/sh"
	printf '%s\n' "$chroot_want" >"$chroot_tmp/root/.packages"
	flock 8
	rm -rf "$chroot_dir"
	mv "$chroot_tmp/root" "$chroot_dir"
	flock -u 8
	rm -rf "$chroot_tmp"
	unlock
}

chroot_fetch()
{
	if apt-get install -y --no-install-recommends --download-only \
			-o Dir::Cache::archives="$chroot_tmp/debs" "$@" >"$apt_dir/log" 2>&1; then
		return 0
	fi
	apt_why=$(why_failed "$apt_dir/log")
	return 1
}

# chroot_can: end here when namespaces are out of reach
chroot_can()
{
	[ "$(id -u)" = 0 ] && chroot_user='' || chroot_user=--map-root-user
	# shellcheck disable=SC2086 # one option or none
	unshare $chroot_user --mount true 2>/dev/null ||
		die 3 "cannot make a mount namespace to build in (run as root, or allow unprivileged user namespaces)"
}

# chroot_run CHROOT DIR[:NAME] FILE[:NAME]... -- COMMAND...: run COMMAND in CHROOT, where
# each DIR is seen under its own name, or as NAME, a FILE as NAME, and one without is
# covered up. The mounts live in a namespace of their own and end with the command.
chroot_run()
{
	# shellcheck disable=SC2016,SC2086 # expanded by the shell inside
	unshare $chroot_user --mount sh -euc '
		root=$1
		shift
		mount --rbind /proc "$root/proc"	# objtool reads it
		mount --rbind /dev "$root/dev"
		mount -t tmpfs tmpfs "$root/tmp"
		while [ "$1" != -- ]; do
			if [ -d "${1%%:*}" ]; then
				mkdir -p "$root${1#*:}"
				mount --bind "${1%%:*}" "$root${1#*:}"
			elif [ "${1#*:}" != "$1" ]; then
				mount --bind "${1%%:*}" "$root${1#*:}"
			else
				mount --bind /dev/null "$root$1"
			fi
			shift
		done
		shift
		exec chroot "$root" "$@"' sh "$@"
}
