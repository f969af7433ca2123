# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# What a driver is built from: its files, their hash, a copy of them.

# module_sources DIR: the files a build is made from, not those it makes
module_sources()
{
	(cd "$1" && find . -name '.?*' -prune -o -type f \
		! -name '*.o' ! -name '*.ko' ! -name '*.mod' ! -name '*.mod.c' ! -name '*.cmd' \
		! -name '*.symvers' ! -name '*.order' ! -name '*.a' -print | sort)
}

# module_hash DIR: of the sources, the kernel, the flags and this recipe
module_hash()
{
	{
		module_sources "$1" | (cd "$1" && tr '\n' '\0' | xargs -0 sha256sum)
		echo "$release $version $kdir $chroot C=${C:-} W=${W:-}"
		# a tree may have been built again under the same name
		[ -n "$suite" ] || (cd "$kdir" && stat -c '%n %s %Y' Module.symvers \
			include/generated/autoconf.h include/generated/utsrelease.h)
		# and may have other headers under the same symbols
		[ -n "$suite" ] || [ -z "$image" ] || stat -Lc '%n %s %Y' "$image"
		cat "$lib/module.sh" "$lib/chroot.sh"
	} | sha256sum | cut -c1-32
}

# module_copy FROM TO: bring TO up to date, touching only what changed so that
# kbuild rebuilds only that
module_copy()
{
	mkdir -p "$2"
	module_sources "$1" >"$2/.sources.new"
	if [ -f "$2/.sources" ]; then
		comm -23 "$2/.sources" "$2/.sources.new" | while IFS= read -r copy_file; do
			rm -f "$2/$copy_file"
		done
	fi
	while IFS= read -r copy_file; do
		cmp -s "$1/$copy_file" "$2/$copy_file" && continue
		mkdir -p "$(dirname "$2/$copy_file")"
		cp "$1/$copy_file" "$2/$copy_file"
	done <"$2/.sources.new"
	mv "$2/.sources.new" "$2/.sources"
}
