# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# How a plan becomes calls of the kernel's run_kselftest.sh; sourced by
# tools/here, which sets $selftests, $plan and $tmp.

# The runner knows one limit for all programs of a call: the largest.
limit()
{
	cat "$selftests"/*/settings 2>/dev/null |
		awk -F = -v factor="${DAXWAKE_TIME_FACTOR:-1}" '
			$1 == "timeout" && $2 > most { most = $2 }
			END { printf "%d\n", (most ? most : 45) * factor + 0.5 }'
}

# A program's arguments come by a variable of its own; "-r" wants one id.
arguments()
{
	name=$(printf %s "${1#*:}" | tr -c '[:alnum:]_' _ | tr '[:lower:]' '[:upper:]')
	shift
	args=''
	for id in "$@"; do
		args="$args -r $id"
	done
	export "KSELFTEST_${name}_ARGS=$args"
	named="$named KSELFTEST_${name}_ARGS"
}

# The runner takes its order from a list beside it and cannot live in a directory
# with spaces: it gets a view of the selftests in which the list is ours.
view()
{
	mkdir "$tmp/view"
	for file in "$selftests"/*; do
		[ "${file##*/}" = kselftest-list.txt ] || ln -s "$file" "$tmp/view/"
	done
}

# One call of the runner for as many programs as can share one: all different.
run_batch()
{
	[ $# -gt 0 ] || return 0
	printf '%s\n' "$@" >"$tmp/view/kselftest-list.txt"
	set -- stdbuf -oL "$tmp/view/run_kselftest.sh" -f -o "$limit"
	# The runner opens /dev/stdout anew, which in a file writes over itself.
	if [ -f /dev/stdout ]; then
		"$@" </dev/null | cat
	else
		"$@" </dev/null || :
	fi
	# shellcheck disable=SC2086 # names are words
	[ -z "$named" ] || unset $named
	named=''
}

# The next part of the plan, if there is one.
more_plan()
{
	plan=$tmp/more
	echo "# daxwake: more"
	while read -r program ids && [ -n "$program" ]; do
		echo "$program $ids"
	done <"$1" >"$plan"
	[ -s "$plan" ]
}

run_plan()
{
	named=''
	[ -d "$tmp/view" ] || view
	set --
	while read -r program ids; do
		[ -n "$program" ] || continue
		case " $* " in
		*" $program "*)
			run_batch "$@"
			set -- ;;
		esac
		# shellcheck disable=SC2086 # ids are words
		[ -z "$ids" ] || arguments "$program" $ids
		set -- "$@" "$program"
	done <"$plan"
	run_batch "$@"
}

# run_plans MORE: the plan, and then what MORE has, if that is a file
run_plans()
{
	limit=$(limit)
	run_plan
	while [ -n "$1" ] && more_plan "$1"; do
		run_plan
	done
}
