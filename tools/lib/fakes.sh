# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# Selftests and backends for the tests of tools/run, sourced after lib/tap.sh.
# The directories have a space in their names on purpose.

fakes="$tmp/fake backend"
selftests="$tmp/some tests"
log="$tmp/the log"
mkdir -p "$fakes" "$selftests/dax" "$tmp/bin"
make -s -C "$tools/src" OUTPUT="$tmp/bin" >&2 || exit 1

# fake_program NAME ID...: installs a program that has these tests
fake_program()
{
	name=$1
	shift
	echo "dax:$name" >>"$selftests/kselftest-list.txt"
	{
		echo '#!/bin/sh'
		printf 'echo %s\n' "$@"
	} >"$selftests/dax/$name"
	chmod +x "$selftests/dax/$name"
}
fake_program a_test a.x.one a.y.one a.x.two
fake_program b_test b.one
fake_program control_test control.fires

# Says life-N, whose exit code is code-N (0), the Nth time it is started.
cat >"$fakes/backend" <<'END'
#!/bin/sh
cd "$(dirname "$0")"
n=$(($(cat count 2>/dev/null || echo 0) + 1))
echo $n >count
cat "life-$n"
[ ! -e "code-$n" ] || exit "$(cat "code-$n")"
END
chmod +x "$fakes/backend"

backend=backend
# run_fake OPTION...: sets $rc
run_fake()
{
	rc=0
	rm -rf "$fakes/count" "$log"
	"$tmp/bin/run" --selftests "$selftests" --out "$log" "$@" -- "$fakes/$backend" \
		>"$tmp/stdout" 2>"$tmp/stderr" || rc=$?
	cat "$tmp/stderr"
	cat "$tmp/stdout"
	[ ! -e "$log/ktap" ] || cmp "$tmp/stdout" "$log/ktap"
}

# program NAME ID...: what the runner says of a program that passes
program()
{
	printf '# selftests: dax: %s\n# TAP version 13\n# 1..%d\n' "$1" $(($# - 1))
	name=$1
	shift
	nr=0
	for id in "$@"; do
		nr=$((nr + 1))
		printf '# #  RUN           %s ...\n# #            OK  %s\n' "$id" "$id"
		printf '# ok %d %s\n' "$nr" "$id"
	done
	printf '# # Totals: pass:%d fail:0 xfail:0 xpass:0 skip:0 error:0\n' "$nr"
	case $name in
	control_test)	echo "ok 1 selftests: dax: $name" ;;
	a_test)		echo "ok 2 selftests: dax: $name" ;;
	*)		echo "ok 3 selftests: dax: $name" ;;
	esac
}

# The whole stream of a run in which one test is skipped.
full()
{
	echo '# daxwake: ready release=fake'
	printf 'TAP version 13\n1..3\n# overriding timeout to 45\n'
	program control_test control.fires
	program a_test a.x.one a.y.one a.x.two |
		sed 's/^# ok 2 a.y.one/& # SKIP no such thing/'
	program b_test b.one
	echo '# Totals: pass:3 fail:0 xfail:0 xpass:0 skip:0 error:0'
	echo '# daxwake: done'
}

# The results of tests in the document, without their prefix.
results()
{
	sed -n 's/^# \(ok\|not ok\) /\1 /p' "$log/ktap"
}

same()
{
	[ "$1" = "$2" ] || {
		printf 'these differ:\n%s\n-- and --\n%s\n' "$1" "$2"
		return 1
	}
}
