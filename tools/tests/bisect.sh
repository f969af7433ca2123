#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2154 # what lib/ sets and uses
#
# tools/bisect under git's own bisection, with kernels that are made up: what is in
# the file "state" of a commit is what becomes of it.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
. "$tools/lib/tap.sh"
export O="$tmp/the out" HOME="$tmp" GIT_CONFIG_NOSYSTEM=1
unset BASELINE

fake=$tmp/fake/tools
linux=$tmp/linux
mkdir -p "$fake/lib" "$linux"
cp "$tools/bisect" "$fake/"
cp "$tools/lib/msg.sh" "$fake/lib/"
# The tools that it calls: each looks at the state of the tree.
cat >"$fake/deps" <<'END'
#!/bin/sh
[ ! -e "$HOME/no-deps" ] || { echo "tools/deps: qemu-system-x86 is missing" >&2; exit 3; }
END
cat >"$fake/kernel" <<'END'
#!/bin/sh
state=$(cat "$2/state")
case $1$state in
prepareno-build) echo "mm/gup.c:1: error: what is that" >&2; exit 1 ;;
prepareno-space) echo "tools/kernel: no space for it" >&2; exit 3 ;;
moduleno-driver) echo "driver/pin.c:1: error: no such thing" >&2; exit 1 ;;
module*) : >"$4" ;;
esac
END
cat >"$fake/run-tests" <<'END'
#!/bin/sh
one() { printf '{"id": "%s", "program": "%s", "status": "%s", "verdict": %s, "reason": %s}' "$@"; }
report()
{
	{
		echo '{ "untrusted": ['"$1"'], "tests": ['
		one control.a.b control_test passed null null
		echo ,
		shift
		one "$@"
		echo ']}'
	} >"$LOGS/report.json"
}
echo "$TESTS" >"$LOGS/tests"
case $(cat "$KERNEL/state") in
no-boot) echo "tools/vm: never ready: Kernel panic - not syncing: no init" >&2; exit 3 ;;
no-luck) echo "tools/run: cannot make a pipe" >&2; exit 3 ;;
no-trust) report '"control.x"' a.b a_test passed null null; exit 1 ;;
skips) report '' a.b a_test skipped null '"no such function"'; echo "1 passed, 0 failed, 1 skipped" ;;
bad*) report '' a.b a_test failed '"early"' null; echo "1 passed, 1 failed, 0 skipped"; exit 1 ;;
stopped) exit 130 ;;
*) report '' a.b a_test passed null null; echo "2 passed, 0 failed, 0 skipped" ;;
esac
END
chmod +x "$fake"/deps "$fake/kernel" "$fake/run-tests"

quiet_git()
{
	git -C "$linux" -c user.name=x -c user.email=x@y -c commit.gpgsign=false "$@" >/dev/null 2>&1
}
quiet_git init
: >"$linux/Kconfig"
: >"$linux/Makefile"
# commit STATE [NAME]
commit()
{
	echo "$1" >"$linux/state"
	quiet_git add -A
	quiet_git commit --allow-empty -m "${2:-$1}"
}

# says CODE TEXT STATE: one line of it
says()
{
	commit "$3"
	rc=0
	"$fake/bisect" --tree "$linux" 'a.*' 'b.c' >"$tmp/said" 2>&1 || rc=$?
	cat "$tmp/said"
	echo "exit $rc"
	[ "$rc" -eq "$1" ] && [ "$(wc -l <"$tmp/said")" -eq "${4:-1}" ] && grep -qF -- "$2" "$tmp/said"
}
tap "good" says 0 " good: 2 passed, 0 failed, 0 skipped, built in " good
tap "... for the tests that were named" grep -qxF 'a.* b.c' "$O"/bisect/*/tests
tap "bad, and by which test" says 1 " bad: 1 passed, 1 failed, 0 skipped: a.b early" bad
tap "does not build" says 125 "the kernel does not build: mm/gup.c:1: error: what is that" no-build
tap "the driver does not build" says 125 "the driver does not build: driver/pin.c:1" no-driver
tap "does not boot" says 125 "it does not boot: Kernel panic - not syncing: no init" no-boot
tap "all skipped" says 125 "everything skipped: no such function" skips
tap "controls fail" says 125 "it fails positive controls" no-trust
tap "no space" says 128 "stopped: tools/kernel: no space for it" no-space
tap "no VM" says 128 "stopped: tools/run: cannot make a pipe" no-luck
interrupted()
{
	says 130 '' stopped 0 || [ "$rc" -eq 130 ] && [ ! -s "$tmp/said" ]
}
tap "interrupted" interrupted
: >"$tmp/no-deps"
tap "no QEMU" says 128 "stopped: tools/deps: qemu-system-x86 is missing" good
rm "$tmp/no-deps"
tap "no tree" sh -c 'cd / && "$0" a 2>&1 | grep -q "/ is no git work tree"; cd / && "$0" a 2>/dev/null; [ $? -eq 128 ]' \
	"$fake/bisect"
tap "an option unknown" sh -c '"$0" --fast 2>/dev/null; [ $? -eq 128 ]' "$fake/bisect"

# Forty commits, of which some cannot be told, also around the one that is looked for.
history()
{
	commit good first
	quiet_git tag first
	for i in $(seq 2 40); do
		case $i in
		3 | 11 | 30)	commit no-build "c$i" ;;
		9 | 20)		commit no-boot "c$i" ;;
		27)		commit skips "c$i" ;;
		*)		if [ "$i" -lt 24 ]; then commit "good $i" "c$i"; else commit "bad $i" "c$i"; fi ;;
		esac
	done
	quiet_git bisect start HEAD first
	(cd "$linux" && git bisect run "$fake/bisect" a.b) >"$tmp/said" 2>&1
	cat "$tmp/said"
	grep -q '^[0-9a-f]* is the first bad commit' "$tmp/said" &&
	[ "$(git -C "$linux" show -s --format=%s refs/bisect/bad)" = c24 ]
}
tap "git names the commit" history
tap "help" sh -c '"$0" --help | grep -q "^  git bisect run /"' "$tools/bisect"
tap_done
