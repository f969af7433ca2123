# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# TAP for the project's own tests in shell, sourced. Sets $tmp, a directory of
# the script's own that goes when it ends.

tap_count=0
tap_failed=0
tmp=$(mktemp -d "${TMPDIR:-/tmp}/daxwake-test.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# tap NAME COMMAND...: one result; what a failing command printed goes before it
tap()
{
	tap_name=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@" >"$tmp/tap.log" 2>&1 </dev/null; then
		echo "ok $tap_count $tap_name"
		return 0
	fi
	tap_failed=$((tap_failed + 1))
	sed 's/^/# /' "$tmp/tap.log"
	echo "not ok $tap_count $tap_name"
}

# exits WANTED-EXIT COMMAND...: what it prints is in out and err of $tmp
exits()
{
	exits_want=$1
	shift
	exits_got=0
	"$@" >"$tmp/out" 2>"$tmp/err" || exits_got=$?
	cat "$tmp/out" "$tmp/err"
	echo "exit $exits_got, wanted $exits_want"
	[ "$exits_got" -eq "$exits_want" ]
}

tap_skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count $1 # SKIP $2"
}

# The plan goes last: nobody has to count. Exits as the results want it.
tap_done()
{
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ] || exit 1
	exit 0
}
