# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel source: configured and built in the cache, out of place, and built
# again there as far as it has changed. The source is only read.

# what builds a kernel in another suite's chroot
source_needs='gcc libc6-dev libelf-dev libssl-dev flex bison bc perl python3 kmod cpio'
# what the test VM does not come up without, =m where there is a module for it
source_musts='MODULES BLK_DEV_INITRD BINFMT_ELF BINFMT_SCRIPT DEVTMPFS PROC_FS SYSFS
	VIRTIO_PCI VIRTIO_CONSOLE'
[ -d /usr/lib/ccache ] && ccache=/usr/lib/ccache: || ccache=
export CCACHE_DEPEND="${CCACHE_DEPEND-1}" # a miss costs no preprocessing: a sixth of a build

# source_is DIR: the top of a source in which no kernel was built
source_is()
{
	[ -f "$1/Kconfig" ] && [ ! -e "$1/arch/x86/boot/bzImage" ] &&
		grep -qs '^PATCHLEVEL = ' "$1/Makefile"
}

# source_build SPEC: builds $tree, and sets $tree to where
source_build()
{
	source=$tree
	source_check "$1"
	source_home=$cache/trees/$(printf '%s %s' "$source" "$source_kind" | sha256sum | cut -c1-16)
	mkdir -p "$source_home/build"
	exec 7>"$source_home.lock" # 9 is for the packages of a compiler
	flock -n 7 || { say "waiting for another run that builds $1"; flock 7; }
	tree=$source_home/build
	source_compiler
	printf '%s\n' "$source_suite" >"$tree/.daxwake"
	tree_chroot
	[ -n "$chroot" ] || "$lib/../deps" tree
	source_configure "$1"
	source_make "$1"
	exec 7>&-
}

source_check()
{
	case $source$cache in
	*[[:space:]:]*) die 2 "kbuild cannot have a blank or a colon in '$source' or '$cache' (move it, or set XDG_CACHE_HOME)" ;;
	esac
	[ -z "$(ls -d "$source/include/config" "$source/arch/x86/include/generated" 2>/dev/null)" ] ||
		die 2 "$1 is not built: no arch/x86/boot/bzImage, and not clean (make -C $1 -j$(nproc) bzImage modules, or make -C $1 mrproper to have it built elsewhere)"
	source_kind=${CONFIG:-minimal}
	case $source_kind in
	keep) [ -r "$source/.config" ] || die 2 "CONFIG=keep: $1 has no .config" ;;
	minimal | debug | quick) [ ! -e "$source/.config" ] ||
		die 2 "$1 has a .config: CONFIG=keep takes it, without it the source must be clean (make -C $1 mrproper)" ;;
	*) die 2 "CONFIG is '$CONFIG', 'keep' is wanted (the tree's own .config), 'debug' (ours, with more checks), 'quick' (with less in it) or nothing" ;;
	esac
	source_name=$(sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = //p' "$source/Makefile" | paste -sd.)
}

# source_compiler: sets $source_suite, whose compiler is to be taken; empty is this
# machine's. The tree says what it needs at least. From 15 on gcc takes C23 where
# nothing is said, and the code that runs before the kernel has bools of its own.
source_compiler()
{
	source_suite=${DAXWAKE_CC_SUITE:-}
	[ -z "$source_suite" ] || { deb_suite "$source_suite"; return 0; }
	source_gcc=$(gcc -dumpversion 2>/dev/null | cut -d. -f1)
	source_min=$(ARCH=x86 sh "$source/scripts/min-tool-version.sh" gcc 2>/dev/null | cut -d. -f1) || :
	if [ "${source_gcc:-0}" -lt "${source_min:-0}" ]; then
		source_suite=trixie
	elif [ "${source_gcc:-0}" -ge 15 ] &&
			! grep -qs '^REALMODE_CFLAGS.*\(std=gnu\|DIALECT\)' "$source/arch/x86/Makefile"; then
		source_suite=bookworm
	fi
	[ -z "$source_suite" ] ||
		say "gcc $source_gcc is not for $source_name: with the compiler of $source_suite"
}

# source_configure SPEC: anew when what it is made of has changed
source_configure()
{
	source_config=$source_home/wanted source_lacks=
	case $source_kind in
	keep) cat "$source/.config" ;;
	minimal) cat "$lib/minimal.config" "$lib/../../selftests/dax/config" ;;
	*) cat "$lib/minimal.config" "$lib/../../selftests/dax/config" "$lib/$source_kind.config" ;;
	esac >"$source_config"
	source_stamp=$({ cat "$source_config"; echo "$source_name $source_suite"; } | sha256sum)
	if [ "$(cat "$source_home/stamp" 2>/dev/null)" != "$source_stamp" ]; then
		step CONFIG "$source_kind for $source_name"
		rm -f "$source_home/stamp"
		if [ "$source_kind" = keep ]; then
			cp "$source_config" "$tree/.config"
			source_kbuild olddefconfig </dev/null >"$source_home/log" 2>&1
		else
			source_kbuild KCONFIG_ALLCONFIG="$source_config" allnoconfig >"$source_home/log" 2>&1
		fi || source_failed "$1" 'take its configuration'
		printf '%s\n' "$source_stamp" >"$source_home/stamp"
	fi
	for source_must in $source_musts; do
		grep -q "^CONFIG_$source_must=[ym]" "$tree/.config" || source_lacks="$source_lacks CONFIG_$source_must"
	done
	[ -z "$source_lacks" ] || die 2 "$1: the test VM needs$source_lacks"
}

# source_make SPEC: what does not build is said in kbuild's own words
source_make()
{
	if [ -f "$tree/vmlinux" ]; then
		need_space 150 "the build of $1"
		step BUILD "$source_name"
	else
		# ours are some 400 MB, those of a distribution many times that
		need_space 1000 "the build of $1"
		step BUILD "$source_name, the first time: minutes (tail -f $source_home/log)"
	fi
	source_image=$(tree_image)
	source_kbuild -j"$(nproc)" "${source_image##*/}" modules >"$source_home/log" 2>&1 || source_failed "$1" build
}

# source_failed SPEC WHAT
source_failed()
{
	! grep -q 'No space left on device' "$source_home/log" ||
		die 3 "$1 does not $2: $(why_failed "$source_home/log")"
	grep -m 5 -E '[Ee]rror|\*\*\*' "$source_home/log" >&2 || tail -n 3 "$source_home/log" >&2
	die 1 "$1 does not $2 (all of it: $source_home/log)"
}

# source_kbuild ARGUMENT...: kbuild refuses a source that has a .config, so where
# one is kept it is covered up meanwhile
source_kbuild()
{
	set -- make -C "$source" O="$tree" LOCALVERSION= "$@"
	source_cover=
	[ ! -e "$source/.config" ] || source_cover=$source/.config
	if [ -n "$chroot" ]; then
		# shellcheck disable=SC2086 # a command and its arguments
		chroot_run "$chroot" "$source" "$source_home" ${source_cover:+"$source_cover"} -- \
			$kbuild PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
	elif [ -n "$source_cover" ]; then
		chroot_can
		# shellcheck disable=SC2016,SC2086 # expanded by the shell inside
		PATH=$ccache$PATH unshare $chroot_user --mount sh -euc '
			mount --bind /dev/null "$1"
			shift
			exec "$@"' sh "$source_cover" $kbuild "$@"
	else
		# shellcheck disable=SC2086
		PATH=$ccache$PATH $kbuild "$@"
	fi
}
