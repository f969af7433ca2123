#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2154 # what lib/ sets and uses
#
# tools/run when it is told to stop.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
. "$tools/lib/tap.sh"
. "$tools/lib/fakes.sh"

full | sed '/^# ok 1 a.x.one/,$d' >"$fakes/life-1"

# A backend whose child ignores everything and has a session of its own.
cat >"$fakes/stubborn" <<'END'
#!/bin/sh
trap '' TERM
cd "$(dirname "$0")"
setsid sh -c 'trap "" TERM; cat life-1; echo $$ >pid; while :; do sleep 1; done' &
wait
END
chmod +x "$fakes/stubborn"

# Whoever inherits it need not have noticed yet that it is dead.
runs()
{
	grep -q '^State:[[:space:]]*[RSDTtI]' "/proc/$1/status" 2>/dev/null
}

# stopped SIGNAL CODE
stopped()
{
	rm -rf "$log" "$fakes/pid"
	rc=0
	# A shell's background job ignores SIGINT, and setsid would not undo that.
	env --default-signal=INT "$tmp/bin/run" --selftests "$selftests" --out "$log" -- \
		"$fakes/stubborn" >/dev/null &
	run=$!
	until [ -s "$fakes/pid" ] && grep -q 'RUN.*a.x.one' "$log/ktap"; do
		sleep 0.05
	done
	kill "-$1" "$run"
	wait "$run" || rc=$?
	cat "$log/ktap"
	same "$rc" "$2" &&
	same "$(results | sed -n '1,2p')" "ok 1 control.fires
not ok 1 a.x.one # ERROR interrupted" &&
	same "$(results | grep -c 'ERROR not run: interrupted')" 3 &&
	! runs "$(cat "$fakes/pid")"
}
for stop in "INT 130" "TERM 143" "HUP 129"; do
	# shellcheck disable=SC2086 # two words
	tap "SIG${stop% *} ends everything and keeps what there is" stopped $stop
done

full_disk()
{
	rm -rf "$log"
	rc=0
	"$tmp/bin/run" --selftests "$selftests" --out "$log" -- "$fakes/backend" \
		>/dev/full 2>"$tmp/stderr" || rc=$?
	cat "$tmp/stderr"
	same "$rc" 3 && same "$(cat "$tmp/stderr")" "tools/run: cannot write to stdout: No space left on device"
}
tap "a full disk is exit 3" full_disk

enough()
{
	rm -rf "$log" "$fakes/pid"
	{
		rc=0
		"$tmp/bin/run" --selftests "$selftests" --out "$log" -- "$fakes/stubborn" || rc=$?
		echo "$rc" >"$tmp/rc"
	} | head -n 1
	same "$(cat "$tmp/rc")" 141 && { [ ! -s "$fakes/pid" ] || ! runs "$(cat "$fakes/pid")"; }
}
tap "a reader that has enough ends it" enough

# Nobody tells the backend, because nobody is left to do so.
orphaned()
{
	rm -rf "$log" "$fakes/pid"
	"$tmp/bin/run" --selftests "$selftests" --out "$log" -- \
		sh -c 'echo $$ >"$0"; while :; do sleep 0.1; done' "$fakes/pid" >/dev/null &
	run=$!
	until [ -s "$fakes/pid" ]; do
		sleep 0.05
	done
	kill -KILL "$run"
	wait "$run" || :
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		runs "$(cat "$fakes/pid")" || return 0
		sleep 0.1
	done
	return 1
}
tap "SIGKILL of run ends its backend" orphaned

tap_done
