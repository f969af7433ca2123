# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# A Debian suite's kernel in the cache: image, modules and headers unpacked side
# by side below kernels/SUITE/VERSION/root, never installed.

# deb_suite SUITE: refuse what is not a suite we know
deb_suite()
{
	for suite in $apt_suites; do
		[ "$suite" != "$1" ] || return 0
	done
	die 2 "unknown suite '$1' in debian:$1 (known: $apt_suites)"
}

# deb_headers_move ROOT: the headers name themselves by absolute path; let them
# find themselves wherever they are
deb_headers_move()
{
	for move_dir in "$1"/usr/src/linux-headers-*; do
		grep -q '/usr/src/' "$move_dir/Makefile" || continue
		# shellcheck disable=SC2016 # make's variables, not the shell's
		{
			echo 'daxwake_src := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)'
			sed 's|/usr/src/|$(daxwake_src)/|' "$move_dir/Makefile"
		} >"$move_dir/Makefile.new"
		mv "$move_dir/Makefile.new" "$move_dir/Makefile"
	done
	for move_dir in "$1"/usr/lib/modules/*; do
		for move_link in build source; do
			move_to=$(readlink "$move_dir/$move_link") || continue
			ln -sfn "../../../src/${move_to##*/}" "$move_dir/$move_link"
		done
	done
}

# deb_headers_mend ROOT: for C=1 newer kernels call a script that Debian's headers
# have not got. It tells whether there is a sparse that can read them.
deb_headers_mend()
{
	for mend_dir in "$1"/usr/src/linux-headers-*-common; do
		mend_script=$mend_dir/scripts/checker-valid.sh
		grep -q checker-valid.sh "$mend_dir/Makefile" || continue
		[ ! -f "$mend_script" ] || continue
		cat >"$mend_script" <<-'END'
			#!/bin/sh
			[ -z "$(echo 'static __typeof_unqual__(0) x;' | "$@" - 2>&1)" ] && echo 1
		END
		chmod +x "$mend_script"
	done
}

# deb_unpack SUITE: what deb_resolve found, unpacked beside its final place and
# renamed into it when complete
deb_unpack()
{
	unpack_home=$cache/kernels/$1
	mkdir -p "$unpack_home"
	rm -rf "$unpack_home"/.unpack.*
	need_space "$deb_mb" "the kernel of $1 ($deb_version)"
	unpack_tmp=$unpack_home/.unpack.$$
	tmp_add "$unpack_tmp"
	mkdir -p "$unpack_tmp/debs" "$unpack_tmp/new/root/usr/lib"
	ln -s usr/lib "$unpack_tmp/new/root/lib"

	step FETCH "linux $deb_version of $1"
	# shellcheck disable=SC2086 # a list of packages
	apt_fetch "$unpack_tmp/debs" $deb_pkgs || return 1
	step UNPACK "$unpack_home/$deb_version"
	apt_unpack "$unpack_tmp/debs" "$unpack_tmp/new/root"
	deb_headers_move "$unpack_tmp/new/root"
	deb_headers_mend "$unpack_tmp/new/root"

	set -- "$unpack_tmp"/new/root/usr/lib/modules/*/modules.builtin
	unpack_release=${1%/*}
	unpack_release=${unpack_release##*/}
	unpack_image=
	for unpack_file in "boot/vmlinuz-$unpack_release" "lib/modules/$unpack_release/vmlinuz"; do
		[ ! -f "$unpack_tmp/new/root/$unpack_file" ] || unpack_image=$unpack_file
	done
	[ -n "$unpack_image" ] || die 3 "linux $deb_version came without a vmlinuz for $unpack_release"
	depmod -b "$unpack_tmp/new/root" "$unpack_release" ||
		die 3 "depmod failed for $unpack_release (see above)"
	cat >"$unpack_tmp/new/kernel" <<-END
		release=$unpack_release
		version=$deb_version
		image=root/$unpack_image
		modules=root
		kdir=root/usr/src/linux-headers-$unpack_release
	END
	printf '%s\n' "$deb_needs" >"$unpack_tmp/new/needs"
	rm -rf "${unpack_home:?}/$deb_version"
	mv "$unpack_tmp/new" "$unpack_home/$deb_version"
	rm -rf "$unpack_tmp"
}

# deb_have SUITE: the cache holds a whole kernel of SUITE (in $kernel_dir)
deb_have()
{
	kernel_dir=$cache/kernels/$1/current
	[ -f "$kernel_dir/kernel" ] || return 1
	kernel_dir=$(cd "$kernel_dir" && pwd -P)
}

# deb_prepare SUITE: sets $kernel_dir to a directory with "kernel" and "needs"
deb_prepare()
{
	deb_suite "$1"
	! apt_fresh "$1" || ! deb_have "$1" || return 0

	lock "$cache/apt/$1/lock" "the packages of $1"
	# another run may have done all of it meanwhile
	if ! apt_fresh "$1" || ! deb_have "$1"; then
		apt_init "$1"
		if ! deb_refresh "$1"; then
			deb_have "$1" || die 3 "no kernel of $1: $apt_why"
			say "no news of $1, going on with the kernel in the cache: $apt_why"
			apt_later
		fi
	fi
	unlock
	deb_have "$1" || die 3 "the cache has lost the kernel of $1 (run it again)"
}

deb_refresh()
{
	if ! apt_fresh "$1"; then
		apt_update || return 1
		refresh_new=1
	fi
	deb_resolve "$1" && deb_current "$1" && return 0
	# the lists may be older than the mirror's packages
	[ -z "${refresh_new:-}" ] && apt_update && deb_resolve "$1" && deb_current "$1"
}

# deb_current SUITE: unpack if need be, and point "current" at it
deb_current()
{
	[ -f "$cache/kernels/$1/$deb_version/kernel" ] || deb_unpack "$1" || return 1
	ln -sfn "$deb_version" "$cache/kernels/$1/current"
	# what it replaces has had its time; a run with it may still be going on
	find "$cache/kernels/$1" "$cache/build" -mindepth 1 -maxdepth 1 -type d -mtime +30 \
		! -name "$deb_version" -exec rm -rf {} + 2>/dev/null || :
}
