# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# Build the driver for a kernel. What was built is kept by the hash of all that
# went into it, so an unchanged driver costs a look.

# module_where DRIVERDIR: sets $module_dir and $module_kdir, both without the
# characters kbuild cannot have in a path
module_where()
{
	module_kdir=$kdir
	case $cache in
	*[[:space:]:]*)
		module_tmp=$(mktemp -d /tmp/daxwake.XXXXXX)
		tmp_add "$module_tmp"
		module_dir=$module_tmp/driver
		case $kdir in
		"$cache"/*)
			cp -a "${kdir%/src/*}" "$module_tmp/usr"
			module_kdir=$module_tmp/usr/src/${kdir##*/}
			;;
		esac
		;;
	*)
		module_id=$(printf '%s' "$1 $kdir" | sha256sum | cut -c1-8)
		module_dir=$cache/build/$release-$module_id
		lock "$module_dir.lock" "the driver for $release"
		# sparse looks only at what is compiled
		[ -z "${C:-}${W:-}" ] || rm -rf "$module_dir"
		;;
	esac
}

# kbuild without what a calling make has put in the environment: that one's O=
# or V= is none of its business
kbuild='env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u O -u KBUILD_OUTPUT
	-u ARCH -u CROSS_COMPILE LC_ALL=C'

# module_make: kbuild, in the chroot where one is needed
module_make()
{
	set -- make -j"$(nproc)" -C "$module_kdir" M="$module_dir" \
		V="${V:-0}" C="${C:-0}" W="${W:-}" modules
	# what built the kernel builds the module; Debian's headers see to it themselves
	if grep -q '^CONFIG_CC_IS_CLANG=y' "$kdir/.config"; then
		set -- "$@" LLVM=1
	elif [ ! -f "$kdir/.kernelvariables" ]; then
		make_cc=$(cc_of "$kdir")
		! command -v "${make_cc:-none}" >/dev/null || set -- "$@" CC="$make_cc"
	fi
	# shellcheck disable=SC2086 # a command and its arguments
	if [ -z "$chroot" ]; then
		$kbuild "$@"
	else
		chroot_run "$chroot" "${module_kdir%/usr/src/*}" \
			"$(readlink -e "$module_kdir/source" || echo "$module_dir")" "$module_dir" -- \
			$kbuild PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
	fi
}

# module_says LOG: what a person should see of kbuild's output, with the files
# named where they are edited
module_says()
{
	says_to=$(printf '%s\n' "$driver_name" | sed 's/[\\&#]/\\&/g')
	grep -vE '^make|^  [A-Z]+ |^Skipping BTF |^Cannot find .BTF_ids|^Dumped .* bytes|^$' "$1" |
		sed "s#$module_dir/#$says_to/#g; s#^[a-z_]*\.[ch]:[0-9]#$says_to/&#"
}

cmd_module()
{
	[ $# -eq 3 ] || die 2 "module takes SPEC DRIVERDIR OUT.ko, got: $*"
	driver_name=${2%/}
	driver=$(cd "$2" 2>/dev/null && pwd) || die 2 "no driver directory at $2"
	[ -f "$driver/Kbuild" ] || [ -f "$driver/Makefile" ] ||
		die 2 "no Kbuild or Makefile in $driver"
	out=$3
	kernel_spec "$1"
	[ -n "$kdir" ] || die 3 "no headers for $release (apt-get install linux-headers-$release)"

	hash=$(module_hash "$driver")
	built=$cache/modules/$hash
	if [ -f "$built.ko" ] && [ -z "${C:-}${W:-}${V:-}" ]; then
		cat "$built.log" >&2
	else
		module_build
	fi
	mkdir -p "$(dirname "$out")"
	cmp -s "$built.ko" "$out" && return
	tmp_add "$out.$$"
	{ cp "$built.ko" "$out.$$" && mv "$out.$$" "$out"; } || die 3 "cannot write $out"
}

# module_build: into $built.ko, what it said into $built.log
module_build()
{
	# a tree's is ready already
	[ -z "$suite" ] || [ -z "$chroot" ] || chroot_prepare "$suite" "$(cat "$kernel_dir/needs")"
	need_space 100 "building the driver"
	module_where "$driver"
	module_copy "$driver" "$module_dir"
	step MODULE "$(basename "$out") for $release"
	if [ -n "${V:-}" ] && [ "$V" != 0 ]; then
		: >"$module_dir/.log"
		module_make >&2 && module_ok=1 || module_ok=0
	else
		module_make >"$module_dir/.log" 2>&1 && module_ok=1 || module_ok=0
		module_says "$module_dir/.log" >&2
	fi
	[ "$module_ok" = 1 ] || ! grep -q 'No space left on device' "$module_dir/.log" ||
		die 3 "cannot build the driver: $(why_failed "$module_dir/.log")"
	[ "$module_ok" = 1 ] || die 1 "$driver_name does not build for $release ($spec; V=1 shows all)"

	set -- "$module_dir"/*.ko
	if [ $# != 1 ] || [ ! -f "$1" ]; then
		die 1 "$driver should make one module, it made: $(cd "$module_dir" && echo *.ko)"
	fi
	mkdir -p "$cache/modules"
	find "$cache/modules" -type f -mtime +30 -delete
	module_says "$module_dir/.log" >"$built.log"
	strip --strip-debug -o "$built.$$" "$1"
	mv "$built.$$" "$built.ko"
}
