# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel source: the few files of it that the tests and checks stand on, or
# all of it. It is used from where it lies, never copied into the project.

ksrc_suite=trixie-backports
ksrc_version=7.2	# the first whose runner says by its exit code what failed

# Without these a directory is of no use to us.
ksrc_files='tools/testing/selftests/kselftest.h
tools/testing/selftests/kselftest_harness.h
tools/testing/selftests/lib.mk
tools/testing/selftests/run_kselftest.sh
tools/testing/selftests/kselftest/runner.sh
tools/testing/kunit/kunit.py
scripts/checkpatch.pl
scripts/spelling.txt
scripts/const_structs.checkpatch'

# ksrc_lacks DIR: the files that are not there, on one line
ksrc_lacks()
{
	for lacks_file in $ksrc_files; do
		[ -r "$1/$lacks_file" ] || printf '%s ' "$lacks_file"
	done
}

# ksrc_given DIR: the user's own tree
ksrc_given()
{
	[ -d "$1" ] || die 2 "KSRC: no kernel tree at $1"
	given_lacks=$(ksrc_lacks "$1")
	[ -z "$given_lacks" ] ||
		die 2 "KSRC: $1 is not a whole kernel source, it lacks ${given_lacks% } (unset KSRC to use Debian's)"
	(cd "$1" && pwd -P)
}

# ksrc_unpack HOME NAME PACKAGE [PATTERN...]: fetch PACKAGE and unpack, from
# the tar in it, what matches PATTERN (all without one) into HOME/NAME
ksrc_unpack()
{
	unpack_home=$1
	unpack_name=$2
	unpack_pkg=$3
	shift 3
	mkdir -p "$unpack_home"
	rm -rf "$unpack_home"/.unpack.*
	[ $# -gt 0 ] && unpack_mb=400 || unpack_mb=2400
	need_space "$unpack_mb" "the source of $unpack_name"
	unpack_tmp=$unpack_home/.unpack.$$
	tmp_add "$unpack_tmp"
	mkdir -p "$unpack_tmp/debs" "$unpack_tmp/new"
	step FETCH "$unpack_pkg of ${apt_dir##*/}"
	apt_fetch "$unpack_tmp/debs" "$unpack_pkg" || return 1

	step UNPACK "$unpack_home/$unpack_name"
	unpack_tar=./usr/src/${unpack_pkg%%=*}.tar.xz
	set -- --wildcards --no-wildcards-match-slash --strip-components=1 "$@"
	[ $# -gt 3 ] || set -- --strip-components=1
	# a pipe's exit code is its last command's; what goes wrong earlier ends
	# up as a tar that is cut short
	dpkg-deb --fsys-tarfile "$unpack_tmp/debs/"*.deb 2>"$unpack_tmp/log" |
		tar -xO "$unpack_tar" 2>>"$unpack_tmp/log" | xz -dT0 2>>"$unpack_tmp/log" |
		tar -x --no-same-owner -C "$unpack_tmp/new" "$@" 2>>"$unpack_tmp/log" ||
		die 3 "cannot unpack $unpack_pkg: $(why_failed "$unpack_tmp/log")"
	rm -rf "${unpack_home:?}/$unpack_name"
	mv "$unpack_tmp/new" "$unpack_home/$unpack_name"
	rm -rf "$unpack_tmp"
}

# ksrc_pick WANTED: the source package of that version, or of the newest kernel
# when none was asked for and the suite has moved on
ksrc_pick()
{
	pick_all=$(apt-cache search --names-only '^linux-source-[0-9.]+$' |
		sed -n 's/^linux-source-\([0-9.]*\) .*/\1/p' | sort -V | tr '\n' ' ')
	pick=$1
	case " $pick_all" in
	*" $1 "*) ;;
	*)
		[ "$1" = "$ksrc_version" ] || return 1
		pick=${pick_all% }
		pick=${pick##* }
		[ "$(printf '%s\n' "$1" "$pick" | sort -V | tail -n 1)" = "$pick" ] || return 1
		;;
	esac
	pick_full=$(apt-cache policy "linux-source-$pick" | sed -n 's/^ *Candidate: //p')
}

# ksrc_part VERSION: the framework; sets $ksrc
ksrc_part()
{
	part_link=$cache/ksrc/current-$1
	ksrc=$part_link
	if [ -d "$ksrc" ] && [ -z "$(ksrc_lacks "$ksrc")" ]; then
		return
	fi
	lock "$cache/apt/$ksrc_suite/lock" "the packages of $ksrc_suite"
	apt_init "$ksrc_suite"
	apt_fresh "$ksrc_suite" || apt_update || die 3 "no kernel source: $apt_why"
	ksrc_pick "$1" || die 2 "no linux-source-$1 in $ksrc_suite (it has: ${pick_all% })"
	if [ -n "$(ksrc_lacks "$cache/ksrc/$pick_full")" ]; then
		ksrc_get "$cache/ksrc" "$pick_full" "linux-source-$pick=$pick_full" \
			'*/tools/testing/selftests/*kselftest*' '*/tools/testing/selftests/lib.mk' \
			'*/tools/testing/selftests/Makefile' '*/tools/testing/kunit' \
			'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
			'*/scripts/const_structs.checkpatch'
	fi
	part_lacks=$(ksrc_lacks "$cache/ksrc/$pick_full")
	[ -z "$part_lacks" ] || die 3 "linux-source-$pick $pick_full has no $part_lacks"
	ln -sfn "$pick_full" "$part_link"
	unlock
}

# ksrc_get ARGS: ksrc_unpack, once more with new lists if the mirror has moved on
ksrc_get()
{
	ksrc_unpack "$@" || { apt_update && ksrc_unpack "$@"; } ||
		die 3 "no kernel source: $apt_why"
}

# ksrc_full SUITE: the whole source of the suite's kernel; sets $ksrc
ksrc_full()
{
	deb_prepare "$1"
	full_version=$(sed -n 's/^version=//p' "$kernel_dir/kernel")
	ksrc=$kernel_dir/source
	[ ! -d "$ksrc" ] || return 0
	lock "$cache/apt/$1/lock" "the packages of $1"
	[ ! -d "$ksrc" ] || { unlock; return 0; }
	apt_init "$1"
	apt_fresh "$1" || apt_update || say "going on with the package lists of last time: $apt_why"
	# "6.1.192-2" is in linux-source-6.1
	full_name=linux-source-$(printf '%s\n' "$full_version" | sed 's/^\([0-9]*\.[0-9]*\).*/\1/')
	ksrc_get "$kernel_dir" source "$full_name=$full_version"
	unlock
}
