# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/mutants-run
# SPDX-License-Identifier: GPL-2.0-only
#
# Which mutants there are to try, and the run without any, which all others are
# compared with: an unmodified kernel has failures too.

# mutants_wanted: the names for $tree_version that match $globs, and show in that build
mutants_wanted()
{
	mutant_list | while read -r wanted_name _; do
		wanted_is=
		set -f
		for wanted_glob in $globs; do
			# shellcheck disable=SC2254 # it is a glob
			case $wanted_name in
			$wanted_glob) wanted_is=1; break ;;
			esac
		done
		set +f
		[ -n "$wanted_is" ] || continue
		mutant_find "$wanted_name"
		wanted_config=$(mutant_field Config)
		if [ -z "$wanted_config" ] || grep -qxF "$wanted_config=y" "$tree/.config"; then
			echo "$wanted_name"
		else
			say "$wanted_name shows only with $wanted_config (CONFIG=debug)"
		fi
	done
}

# tests_of VM: those that the wanted mutants name, for that kind of VM
tests_of()
{
	for of_name in $names; do
		mutant_find "$of_name"
		[ "$(mutant_field VM)" != "$1" ] || mutant_field Tests
	done | tr ' ' '\n' | sort -u | paste -sd' '
}

# reference_run: what the tree as it is gives; sets $reference. Controls vouch for it.
reference_run()
{
	reference=$logs/reference
	: >"$reference.new"
	if [ -n "${TESTS:-}" ]; then
		reference_part '' "$TESTS"
	else
		for ref_vm in '' virtiofs; do
			ref_tests=$(tests_of "$ref_vm")
			[ -z "$ref_tests" ] || reference_part "$ref_vm" "$ref_tests"
		done
	fi
	mv "$reference.new" "$reference"
}

# reference_part VM TESTS: added to $reference.new. What runs of the same kernel and
# the same programs have found is kept, so only tests that are new are run.
reference_part()
{
	part_key=$({
		stat -Lc '%n %s %Y' "$(value image)"
		echo "$1"
		find "$O/selftests" "$root/driver" -type f -exec sha256sum {} + | sort
	} | sha256sum | cut -c1-16)
	part_kept=$home/reference-$part_key
	touch "$part_kept" "$part_kept.tests"
	part_tests=
	set -f
	for part_glob in $2; do
		grep -qxF -e "$part_glob" -e '*' "$part_kept.tests" || part_tests="$part_tests $part_glob"
	done
	[ -z "$part_tests" ] || reference_more "$1" "${part_tests# }"
	set +f
	grep -v '^kernel:' "$part_kept" >>"$reference.new" || :
}

# reference_more VM TESTS: run them, and keep what came of it
reference_more()
{
	step RUN "$tree_version as it is${1:+, with $1}"
	more_to=$logs/reference-run${1:+-$1}
	vm_run "$(value image)" "$more_to" "$1" "$2" && more_rc=0 || more_rc=$?
	[ "$more_rc" -le 1 ] || die 3 "$tree_version as it is does not run: $(tail -n 1 "$more_to/out") ($more_to)"
	report "$more_to" || :
	more_bad=$("$lib/mutant-judge" --trust "$more_to/report.json") ||
		die 1 "$tree_version as it is proves nothing: $more_bad ($more_to)"
	find "$home" -maxdepth 1 -name 'reference-*' -mtime +30 -delete
	"$tools/report" --print-baseline "$more_to/ktap" >>"$part_kept"
	# shellcheck disable=SC2086 # globs, and none of them is expanded
	printf '%s\n' $2 >>"$part_kept.tests"
}
