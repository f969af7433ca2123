# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # tools/matrix sets them
#
# Running cells of the matrix. Those of one kernel that want nothing of their own
# can share a run: one boot and one set of controls for all of them.

# What cell $1 has to say, of the report $2 and its programs $3.
cell_report()
{
	jq --arg words "$3" '($words | split(" ")) as $programs |
		.tests |= map(select(.program as $p | $p == "control_test" or
				     ($programs | index($p))))' "$2" >"$place/report.json"
	echo "$1" >"$place/cell"
	printf '%-40s %s\n' "$1" "$(jq -r '
		[.tests[] | select(.program != "control_test") | .status] |
		map(select(. == "passed")) as $p | map(select(. == "skipped")) as $s |
		"\($p | length) passed, \(length - ($p | length) - ($s | length)) failed, " +
		"\($s | length) skipped"' "$place/report.json")"
}

# cells_run KERNEL/GROUP...: a run for all of them
cells_run()
{
	kernel=${1%/*}
	tests=''
	for cell; do
		words=$(words "${cell##*/}")
		{ [ -n "$words" ] && [ "${cell%/*}" != "$cell" ]; } ||
			die 2 "no cell '$cell' (try --list)"
		[ "${cell%/*}" = "$kernel" ] || die 2 "'$cell' is of another kernel than '$1'"
		for word in $words; do
			case $word in
			*=*)
				[ $# -eq 1 ] || die 2 "'$cell' wants a run of its own, with $word"
				export "${word?}" ;;
			*)	tests="$tests $word" ;;
			esac
		done
		rm -rf "$(place "$cell")"
		mkdir -p "$(place "$cell")" || die 3 "cannot make $(place "$cell") (set O=)"
	done
	logs=$(place "$1")/logs
	mkdir -p "$logs"
	rc=0
	KERNEL=$kernel TESTS=$tests JOBS=1 LOGS=$logs "$tools/run-tests" >"$logs/log" 2>&1 || rc=$?
	for cell; do
		place=$(place "$cell")
		# links: a cell that is run again must not take them from the others
		[ "$cell" = "$1" ] || cp -rl "$logs" "$place/logs"
		if [ "$rc" -gt 1 ] || [ ! -s "$logs/report.json" ]; then
			printf '%-40s no result: %s\n' "$cell" "$(grep . "$logs/log" | tail -n 1)"
		else
			cell_report "$cell" "$logs/report.json" "$(words "${cell##*/}")"
		fi
	done
	[ "$rc" -le 1 ] && [ -s "$logs/report.json" ] || return 3
}

# The cells, those on a line that share a run. With more at a time than there are
# kernels they do not: somebody would have nothing to do.
cells_shared()
{
	[ "$1" -le "$(printf '%s\n' "$kernels" | wc -w)" ] || {
		list
		return
	}
	list | while read -r cell; do
		case $(words "${cell##*/}") in
		*=*)	echo "alone $cell" ;;
		*)	echo "${cell%/*} $cell" ;;
		esac
	done | awk '$1 == "alone" { alone = alone $2 "\n"; next }
		{ if (!($1 in line)) order[++n] = $1; line[$1] = line[$1] " " $2 }
		END { for (i = 1; i <= n; i++) print substr(line[order[i]], 2); printf "%s", alone }'
}

# The makefile of a local run: its job server says how many runs there are at a time.
cells_all()
{
	"$tools/deps" qemu matrix
	"$tools/build" "$O"
	rm -rf "$out"
	mkdir -p "$out"
	at_a_time=${JOBS:-$(nproc)}
	case ${MAKEFLAGS-} in
	*--jobserver*)
		at_a_time=$(printf '%s\n' "$MAKEFLAGS" | sed -n 's/.*-j\([0-9]*\).*/\1/p')
		set -- ;;
	*)	set -- "-j$at_a_time" ;;
	esac
	nr=0
	{
		echo 'all:'
		cells_shared "${at_a_time:-1}" | while read -r cells; do
			nr=$((nr + 1))
			# shellcheck disable=SC2086 # no cell has a blank
			printf '.PHONY: %s\nall: %s\n%s:\n\t@%s --cell %s\n' \
				"$nr" "$nr" "$nr" "\$(MATRIX)" "$(printf '"%s" ' $cells)"
		done
	} >"$out/cells.mk"
	unset JOBS
	make --no-print-directory -k -s "$@" -f "$out/cells.mk" MATRIX="'$tools/matrix'"
}
