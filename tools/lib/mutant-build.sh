# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/mutate
# SPDX-License-Identifier: GPL-2.0-only
#
# A copy of a kernel tree, with a mutant put in and built. The tree itself is only
# read; a copy that was not finished goes with the process.

# mutant_copy: the source by hard links, where what changed is another file, or, of a
# thin copy, only what changed; what was built for real, since a build writes into it
mutant_copy()
{
	[ -z "$thin" ] || [ -z "$(find "$mutant_tmp/new" -name '*.h')" ] ||
		die 2 "$mutant_name changes a header, which who uses the copy must see (leave out --thin)"
	need_space "$(($(du -sm "$tree" | cut -f1) + 200))" "$mutant_name"
	step MUTATE "$tree_version with $mutant_name"
	tmp_add "$mutant_home"
	rm -rf "$mutant_home"
	mkdir -p "$mutant_home"
	cp -a --reflink=auto "$tree" "$mutant_home/build" || die 3 "cannot copy $tree to $mutant_home"
	if [ -n "$thin" ]; then
		cp -R "$mutant_tmp/new" "$mutant_home/src" || die 3 "cannot write to $mutant_home"
		return 0
	fi
	cp -al "$tree_source" "$mutant_home/src" 2>/dev/null || {
		rm -rf "$mutant_home/src"
		cp -a --reflink=auto "$tree_source" "$mutant_home/src"
	} || die 3 "cannot copy $tree_source to $mutant_home"
	# nobody's history, and what kbuild does not want in a source it is not to build in
	rm -rf "$mutant_home/src/.git" "$mutant_home/src/.config"
	(cd "$mutant_tmp/new" && find . -type f -exec cp --remove-destination {} "$mutant_home/src/{}" \;)
}

# mutant_make COMMAND...: run it where the copies have the names of what they are
# copies of, since kbuild would build everything again under other names
mutant_make()
{
	set -- -- "$@"
	if [ -n "$thin" ]; then
		for make_file in $(cd "$mutant_tmp/new" && find . -type f); do
			set -- "$mutant_home/src/$make_file:$tree_source/$make_file" "$@"
		done
		set -- "$tree_source:$tree_source" "$@"
	else
		set -- "$mutant_home/src:$tree_source" "$@"
	fi
	set -- "$mutant_home/build:$tree" "$@"
	if [ -n "$chroot" ]; then
		chroot_run "$chroot" "$@"
		return
	fi
	chroot_can
	# shellcheck disable=SC2016,SC2086 # expanded by the shell inside
	PATH=$ccache$PATH unshare $chroot_user --mount sh -euc '
		while [ "$1" != -- ]; do
			mount --bind "${1%%:*}" "${1#*:}"
			shift
		done
		shift
		exec "$@"' sh "$@"
}

mutant_build()
{
	tree_chroot
	build_image=$(tree_image)
	build_path=$ccache$PATH
	[ -z "$chroot" ] || build_path=/usr/sbin:/usr/bin:/sbin:/bin
	# as what it is a copy of was built
	[ -f "$tree/.daxwake" ] && build_how=LOCALVERSION= || build_how=CC=$(cc_of "$tree")
	build_log=$mutant_home.log
	# shellcheck disable=SC2086 # a command and its arguments
	mutant_make $kbuild PATH="$build_path" make -C "$tree" -j"$(nproc)" "$build_how" \
		"${build_image##*/}" modules >"$build_log" 2>&1 || {
		! grep -q 'No space left on device' "$build_log" ||
			die 3 "cannot build $tree_version with $mutant_name: $(why_failed "$build_log")"
		grep -m 5 '[Ee]rror' "$build_log" >&2 || :
		die 1 "$tree_version with $mutant_name does not build ($build_log)"
	}
	# from now on it is found under its own name
	build_source=$tree_source
	if [ -z "$thin" ]; then
		build_source=$mutant_home/src
		ln -sfn "$build_source" "$mutant_home/build/source"
	fi
	sed "s#$tree_source#$build_source#g; s#$tree\([[:space:]]\|\$\)#$mutant_home/build\1#g" \
		"$mutant_home/build/Makefile" >"$mutant_home/Makefile.new"
	mv "$mutant_home/Makefile.new" "$mutant_home/build/Makefile"
	rm -f "$build_log"
	tmp_keep "$mutant_home"
}
