#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2154 # what lib/ sets and uses
#
# tools/matrix: its cells, what becomes of a cell that cannot be run, and the table,
# made of results that are made up.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
. "$tools/lib/tap.sh"
unset KERNELS CELLS LOGS
export O="$tmp/the out" JOBS=1
groups=$tools/../selftests/dax/groups

# says CODE TEXT ARGUMENT...: the last line has TEXT in it
says()
{
	want=$1
	text=$2
	shift 2
	rc=0
	"$tools/matrix" "$@" >"$tmp/said" 2>&1 || rc=$?
	cat "$tmp/said"
	echo "exit $rc"
	[ "$rc" -eq "$want" ] && tail -n 1 "$tmp/said" | grep -qF -- "$text"
}

same()
{
	[ "$1" = "$2" ] || {
		printf '%s, not %s\n' "$1" "$2"
		return 1
	}
}

grouped()
{
	sed 's/#.*//' "$groups" | tr '[:blank:]' '\n' | grep '_test$' | sort >"$tmp/grouped"
	(cd "$tools/../selftests/dax" && ls ./*_test.c) | sed 's|./||; s/\.c$//' |
		grep -vx control_test | diff - "$tmp/grouped"
}
tap "every program is in one group" grouped

tap "an argument unknown" says 2 "unknown argument now" now
tap "no such cell" says 2 "no cell 'debian:bookworm/none'" --cell debian:bookworm/none
tap "no kernel in it" says 2 "no cell 'layout'" --cell layout
CELLS=none
export CELLS
tap "a glob that matches none" says 2 "CELLS is 'none'"
CELLS='device-dax debian:sid/lay*' KERNELS='debian:sid /a/tree'
export KERNELS
listed()
{
	[ "$("$tools/matrix" --list | paste -sd ' ')" = \
		"debian:sid/device-dax debian:sid/layout /a/tree/device-dax" ]
}
tap "cells by globs" listed
tap "no results yet" says 3 "no results in $O/matrix (run tools/matrix first)" --table
tap "a kernel that cannot be run" says 3 "no result: tools/kernel: " --cell /a/tree/device-dax

tap "two of one kernel share a run" says 3 "/a/tree/layout" --cell /a/tree/device-dax /a/tree/layout
tap "... of two kernels do not" says 2 "'/b/layout' is of another kernel than '/a/edges'" \
	--cell /a/edges /b/layout
tap "... nor with what wants something of its own" says 2 \
	"'/a/virtiofs' wants a run of its own, with VIRTIOFS=1" --cell /a/edges /a/virtiofs
shared()
{
	same "$(grep -c -- --cell "$O/matrix/cells.mk") $(tr ' ' '\n' <"$O/matrix/cells.mk" |
		grep -c '"/a/tree/')" "$1"
}
CELLS=''
KERNELS='/a/tree /another/one'
tap "few at a time are a run for a kernel" says 3 "no results in $O/matrix"
tap "... and one for what wants that" shared "4 $("$tools/matrix" --list | grep -c ^/a/)"
JOBS=3
tap "many are a run for each cell" says 3 "no results in $O/matrix"
tap "... of it" shared "$("$tools/matrix" --list | wc -l) $("$tools/matrix" --list | grep -c ^/a/)"
JOBS=1
CELLS='device-dax debian:sid/lay*' KERNELS='debian:sid /a/tree'

# result PLACE ID STATUS VERDICT REASON...: a report
report()
{
	place=$O/matrix/$1
	shift
	mkdir -p "$place"
	{
		echo '{ "kernel": "x 6.1-1", "untrusted": '"$1"', "tests": [ '
		shift
		while [ $# -gt 0 ]; do
			printf '{"id": "%s", "program": "%s", "status": "%s", "verdict": %s, "reason": %s}' \
				"$1" "$2" "$3" "$4" "$5"
			shift 5
			[ $# -eq 0 ] || echo ,
		done
		echo ']}'
	} >"$place/report.json"
	touch "$place/cell"
}
report debian_sid/device-dax '[]' control.a.b control_test failed null null \
	a.x.one a_test passed null null a.y.one a_test failed '"early"' null \
	a.x.two a_test skipped null '"no <CONFIG_A>"'
report debian_sid/layout '["control.x.y"]' b.one b_test passed null null
report _a_tree/device-dax '[]' a.x.one a_test passed null null a.y.one a_test passed null null \
	a.x.two a_test passed null null
tap "the table" says 1 "also as $O/matrix/index.html" --table
has()
{
	tr -s ' ' <"$tmp/said" | grep -qx -- "$1"
}
tap "... has what passed, failed and was skipped" has 'device-dax 1 / 1 / 1 3 / 0 / 0'
tap "... tells what is not trusted and what is not there" has 'layout untrusted no result'
tap "... says where a claim changed" has 'a.one early 1, pass 1 pass'
tap "... and why something was skipped" has 'debian:sid 1 no <CONFIG_A>'
tap "... in HTML too" grep -q '<td>no &lt;CONFIG_A&gt;</td>' "$O/matrix/index.html"
rm -r "$O/matrix/debian_sid"
KERNELS=/a/tree CELLS=device-dax
tap "all passed" says 0 "also as" --table
tap "help" sh -c '"$0/matrix" --help | grep -q "^Exit codes: "' "$tools"
tap_done
