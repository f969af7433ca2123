#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2154 # what lib/ sets and uses; scripts for other shells
#
# tools/here with the kernel's runner, on programs and a guard that are made up:
# what the tests get, and that nothing is left behind.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)

. "$tools/lib/inside.sh"
. "$tools/lib/tap.sh"
. "$tools/lib/fakes.sh"
. "$tools/lib/fakes-here.sh"

plan="$tmp/the plan"
does :
guard 0 ''
echo 'dax:a_test' >"$plan"
set -- --pmem /dev/pmem7 --dax /dev/dax7.0
tap "a program is run" here 0 '# ok 2 a.two' "$@" "$plan"
tap "... whole" grep -qxF '# # got  pmem=/dev/pmem7 dax=/dev/dax7.0' "$tmp/out"
tap "... after the guard has seen the devices" \
	grep -qxF -- '--pmem /dev/pmem7 --dax /dev/dax7.0' "$tmp/guarded"
tap "... within its time" grep -qxF '# overriding timeout to 20' "$tmp/out"
tap "... between ready and done" same "$(sed -n 's/^\(# daxwake: [a-z]*\).*/\1/p' "$tmp/out")" \
	"# daxwake: ready
# daxwake: done"
printf 'dax:a_test a.one a.two\ndax:b_test\ndax:a_test a.two\n' >"$plan"
DAXWAKE_TIME_FACTOR=2.5
export DAXWAKE_TIME_FACTOR
tap "some tests of a program" here 0 '# # got -r a.one -r a.two pmem=/dev/pmem7 dax=' \
	--pmem /dev/pmem7 "$plan"
tap "... and the rest of it in a second line" grep -qxF '# # got -r a.two pmem=/dev/pmem7 dax=' \
	"$tmp/out"
tap "... and more time" grep -qxF '# overriding timeout to 50' "$tmp/out"
unset DAXWAKE_TIME_FACTOR
tap "--force" here 0 '# daxwake: done' "$@" --force "$plan"
tap "... is for the guard" grep -q -- --force "$tmp/guarded"

# Each part is read only when it was asked for.
more()
{
	rm -f "$tmp/out" "$tmp/parts"
	mkfifo "$tmp/parts"
	{
		printf 'dax:b_test\ndax:a_test a.two\n\n' >"$tmp/parts"
		until [ "$(grep -cxF '# daxwake: more' "$tmp/out")" -eq 2 ]; do
			sleep 0.01
		done
		echo >"$tmp/parts"
	} &
	echo 'dax:a_test a.one' >"$plan"
	here 0 '# daxwake: done' "$@" --more "$tmp/parts" "$plan" && wait &&
	same "$(sed -n 's/^# # got //p; s/^# selftests: dax: b/b/p' "$tmp/out")" \
		"-r a.one pmem=/dev/pmem7 dax=/dev/dax7.0
b_test
-r a.two pmem=/dev/pmem7 dax=/dev/dax7.0"
}
tap "--more goes on while there is more" more "$@"
printf 'dax:a_test a.one a.two\ndax:b_test\n' >"$plan"

does 'mount -t tmpfs daxwake-left /mnt; mount -t tmpfs other /mnt'
tap "a mount is left behind" here 1 '# daxwake: left behind: daxwake-left /mnt' "$@" "$plan"
umount /mnt || :
umount /mnt 2>/dev/null || :
does :

# As tools/run-tests does it with KERNEL=host.
on_host()
{
	rc=0
	"$tmp/bin/run" --selftests "$selftests" --out "$log" --no-restart -- \
		"$tools/here" --selftests "$selftests" --pmem /dev/pmem7 || rc=$?
	same "$rc" 0 && same "$(results)" "ok 1 a.one
ok 2 a.two
ok 1 b.one"
}
cat >"$selftests/dax/b_test" <<'END'
#!/bin/sh
[ "$*" != --ids ] || { echo b.one; exit; }
printf '1..1\n#  RUN           b.one ...\nok 1 b.one\n'
END
tap "with tools/run" on_host

interrupted()
{
	rc=0
	TMPDIR=$tmp "$tmp/bin/run" --selftests "$selftests" --out "$log" --no-restart -- \
		"$tools/here" --selftests "$selftests" --pmem /dev/pmem7 &
	run=$!
	until [ -s "$tmp/asleep" ]; do
		sleep 0.05
	done
	kill -TERM "$run"
	wait "$run" || rc=$?
	same "$rc" 143 && same "$(results | head -n 1)" "not ok 1 a.one # ERROR not run: interrupted" &&
	! grep -q '^State:[[:space:]]*[RSDTtI]' "/proc/$(cat "$tmp/asleep")/status" &&
	[ -z "$(find "$tmp" -maxdepth 1 -name 'daxwake-here.*')" ]
}
does "setsid sh -c 'echo \$\$ >\"$tmp/asleep\"; exec sleep 100'"
tap "an interrupted run ends the tests and tidies up" interrupted
tap_done
