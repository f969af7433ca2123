# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/mutate
# SPDX-License-Identifier: GPL-2.0-only
#
# Mutants: edits of a kernel source that put a bug back. One is a semantic patch
# (NAME.cocci) or a script (NAME.sh), whose first lines, comments, say
#
#	Trees:		the versions it is for, as globs (5.10 6.1 7.*)
#	Files:		the files it edits; a tree need not have all of them
#	Verdict:	what the suite must say, words separated by commas
#	Seen by:	the programs that should say so, or "-"
#	Tests:		those of their tests that a run with this mutant needs, globs
#	Config:		what the kernel must have, or nothing shows; may be left out
#	VM:		what the VM must have beside pmem (virtiofs); may be left out
#
# A script is started in a directory that holds those files and nothing else.

# mutant_field NAME [FILE]: what its head says
mutant_field()
{
	sed -n "s,^\(//\|#\) $1:[[:space:]]*,,p" "${2:-$mutant_file}" | head -n 1
}

# mutant_find MUTANT: sets $mutant_file and $mutant_name
mutant_find()
{
	for mutant_file in "$1" "$mutants/$1.cocci" "$mutants/$1.sh"; do
		[ ! -f "$mutant_file" ] || break
	done
	[ -f "$mutant_file" ] || die 2 "no mutant '$1' in $mutants (try --list)"
	mutant_file=$(readlink -f "$mutant_file")
	mutant_name=${mutant_file##*/}
	mutant_name=${mutant_name%.*}
	for find_field in Trees Files Verdict 'Seen by' Tests; do
		[ -n "$(mutant_field "$find_field")" ] || die 2 "$mutant_file has no line '$find_field:'"
	done
}

# mutant_tree BUILD: sets $tree, $tree_source and $tree_version
mutant_tree()
{
	tree_check "$1"
	tree_source=$(readlink -f "$tree/source") || tree_source=
	[ "${tree_source:-$tree}" != "$tree" ] ||
		die 2 "$1 was built in its source; build it out of place (make O=...)"
	tree_version=$(sed -n 's/^VERSION = //p; s/^PATCHLEVEL = //p' "$tree_source/Makefile" | paste -sd.)
}

# mutant_fits FILE: is it meant for $tree_version?
mutant_fits()
{
	fits=1
	set -f
	for fits_glob in $(mutant_field Trees "$1"); do
		# shellcheck disable=SC2254 # it is a glob
		case $tree_version in
		$fits_glob) fits=0 ;;
		esac
	done
	set +f
	return $fits
}

mutant_list()
{
	for list_file in "$mutants"/*.cocci "$mutants"/*.sh; do
		[ -f "$list_file" ] || continue
		[ -z "${tree_version:-}" ] || mutant_fits "$list_file" || continue
		list_name=${list_file##*/}
		printf '%-22s %-22s %s\n' "${list_name%.*}" "$(mutant_field Verdict "$list_file")" \
			"$(sed -n '2,3s,^\(//\|#\) [A-Z][0-9]*: ,,p' "$list_file" | head -n 1)"
	done
}

# mutant_apply: edit copies of the files it names; sets $mutant_tmp, which has
# "diff" and, below "new", every file that changed
mutant_apply()
{
	mutant_fits "$mutant_file" ||
		die 3 "$mutant_name is for $(mutant_field Trees), and $tree_source is $tree_version"
	mutant_tmp=$(mktemp -d "${TMPDIR:-/tmp}/daxwake-mutate.XXXXXX")
	tmp_add "$mutant_tmp"
	for apply_file in $(mutant_field Files); do
		[ -f "$tree_source/$apply_file" ] || continue
		mkdir -p "$mutant_tmp/new/$(dirname "$apply_file")"
		cp "$tree_source/$apply_file" "$mutant_tmp/new/$apply_file"
		echo "$apply_file" >>"$mutant_tmp/files"
	done
	[ -s "$mutant_tmp/files" ] || die 3 "$tree_source has none of: $(mutant_field Files)"
	(cd "$mutant_tmp/new" && mutant_edit) >"$mutant_tmp/log" 2>&1 ||
		die 3 "$mutant_name does not apply to $tree_source: $(why_failed "$mutant_tmp/log")"
	: >"$mutant_tmp/diff"
	while IFS= read -r apply_file; do
		if cmp -s "$tree_source/$apply_file" "$mutant_tmp/new/$apply_file"; then
			rm "$mutant_tmp/new/$apply_file"
			continue
		fi
		diff -u --label "a/$apply_file" --label "b/$apply_file" \
			"$tree_source/$apply_file" "$mutant_tmp/new/$apply_file" >>"$mutant_tmp/diff" || :
	done <"$mutant_tmp/files"
	[ -s "$mutant_tmp/diff" ] || die 3 "$mutant_name changes nothing in $tree_source"
}

mutant_edit()
{
	case $mutant_file in
	*.cocci)
		while IFS= read -r edit_file; do
			spatch --very-quiet --sp-file "$mutant_file" --in-place "$edit_file" || return 1
		done <"$mutant_tmp/files"
		;;
	*) TREE=$tree_version sh "$mutant_file" ;;
	esac
}
