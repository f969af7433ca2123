# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# How a plan becomes calls of the kernel's run_kselftest.sh; sourced by
# tools/here, which sets $selftests and $plan.

# The runner knows one limit for all programs of a call: the largest.
limit()
{
	cat "$selftests"/*/settings 2>/dev/null |
		awk -F = -v factor="${DAXWAKE_TIME_FACTOR:-1}" '
			$1 == "timeout" && $2 > most { most = $2 }
			END { printf "%d\n", (most ? most : 45) * factor + 0.5 }'
}

# A program's arguments come by its own variable; "-r" wants one id.
arguments()
{
	name=$(printf %s "${1#*:}" | tr -c '[:alnum:]_' _ | tr '[:lower:]' '[:upper:]')
	shift
	args=''
	for id in "$@"; do
		args="$args -r $id"
	done
	export "KSELFTEST_${name}_ARGS=$args"
}

# One call of the runner for as many programs as can share one: all different.
run_batch()
{
	[ $# -gt 0 ] || return 0
	for batched in "$@"; do
		set -- "$@" -t "$batched"
		shift
	done
	set -- stdbuf -oL "$selftests/run_kselftest.sh" -f -o "$limit" "$@"
	# The runner opens /dev/stdout anew, which in a file writes over itself.
	if [ -f /dev/stdout ]; then
		"$@" </dev/null | cat
	else
		"$@" </dev/null || :
	fi
}

run_plan()
{
	limit=$(limit)
	set --
	while read -r program ids; do
		[ -n "$program" ] || continue
		case " $* " in
		*" $program "*)
			run_batch "$@"
			set -- ;;
		esac
		# shellcheck disable=SC2086 # ids are words
		arguments "$program" $ids
		set -- "$@" "$program"
	done <"$plan"
	run_batch "$@"
}
