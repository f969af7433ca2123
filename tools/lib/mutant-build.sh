# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/mutate
# SPDX-License-Identifier: GPL-2.0-only
#
# A copy of a kernel tree, with a mutant put in and built. The tree itself is only
# read; a copy that was not finished goes with the process.

# mutant_copy: the source by hard links, where what changed is another file; what
# was built for real, since a build writes into it
mutant_copy()
{
	need_space "$(($(du -sm "$tree" | cut -f1) + 200))" "$mutant_name"
	step MUTATE "$tree_version with $mutant_name"
	tmp_add "$mutant_home"
	rm -rf "$mutant_home"
	mkdir -p "$mutant_home"
	cp -al "$tree_source" "$mutant_home/src" 2>/dev/null || {
		rm -rf "$mutant_home/src"
		cp -a --reflink=auto "$tree_source" "$mutant_home/src"
	} || die 3 "cannot copy $tree_source to $mutant_home"
	cp -a --reflink=auto "$tree" "$mutant_home/build" || die 3 "cannot copy $tree to $mutant_home"
	# nobody's history, and what kbuild does not want in a source it is not to build in
	rm -rf "$mutant_home/src/.git" "$mutant_home/src/.config"
	(cd "$mutant_tmp/new" && find . -type f -exec cp --remove-destination {} "$mutant_home/src/{}" \;)
}

# mutant_make COMMAND...: run it where the copies have the names of what they are
# copies of, since kbuild would build everything again under other names
mutant_make()
{
	if [ -n "$chroot" ]; then
		# shellcheck disable=SC2086 # a command and its arguments
		chroot_run "$chroot" "$mutant_home/src:$tree_source" "$mutant_home/build:$tree" -- \
			$kbuild PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
		return
	fi
	chroot_can
	# shellcheck disable=SC2016,SC2086 # expanded by the shell inside; a command
	PATH=$ccache$PATH unshare $chroot_user --mount sh -euc '
		mount --bind "$1/src" "$2"
		mount --bind "$1/build" "$3"
		shift 3
		exec "$@"' sh "$mutant_home" "$tree_source" "$tree" $kbuild "$@"
}

mutant_build()
{
	tree_chroot
	build_image=$(tree_image)
	# as what it is a copy of was built
	[ -f "$tree/.daxwake" ] && build_how=LOCALVERSION= || build_how=CC=$(cc_of "$tree")
	build_log=$mutant_home.log
	mutant_make make -C "$tree" -j"$(nproc)" "$build_how" "${build_image##*/}" modules \
		>"$build_log" 2>&1 || {
		! grep -q 'No space left on device' "$build_log" ||
			die 3 "cannot build $tree_version with $mutant_name: $(why_failed "$build_log")"
		grep -m 5 '[Ee]rror' "$build_log" >&2 || :
		die 1 "$tree_version with $mutant_name does not build ($build_log)"
	}
	# from now on it is found under its own name
	sed "s#$tree_source#$mutant_home/src#g; s#$tree\([[:space:]]\|\$\)#$mutant_home/build\1#g" \
		"$mutant_home/build/Makefile" >"$mutant_home/Makefile.new"
	mv "$mutant_home/Makefile.new" "$mutant_home/build/Makefile"
	ln -sfn "$mutant_home/src" "$mutant_home/build/source"
	rm -f "$build_log"
	tmp_keep "$mutant_home"
}
