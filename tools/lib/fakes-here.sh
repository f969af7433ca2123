# shellcheck shell=sh disable=SC1091,SC2154 # what others use and set
# SPDX-License-Identifier: GPL-2.0-only
#
# Selftests for the tests of tools/here, which run the kernel's own runner;
# sourced after lib/fakes.sh.

KSRC=${KSRC:-$("$tools/kernel" source)}
framework=$KSRC/tools/testing/selftests

rm -rf "$selftests"
mkdir -p "$selftests/dax" "$selftests/bin"
cp -R "$framework/kselftest" "$framework/run_kselftest.sh" "$selftests/"
fake_program a_test a.one a.two
fake_program b_test b.one
echo 'timeout=20' >"$selftests/dax/settings"

# does SCRIPT: what a_test does besides printing its results
does()
{
	cat >"$selftests/dax/a_test" <<END
#!/bin/sh
[ "\$*" != --ids ] || { printf 'a.one\na.two\n'; exit; }
echo "# got \$* pmem=\$DAXWAKE_PMEM dax=\$DAXWAKE_DAX"
$1
printf '1..2\n#  RUN           a.one ...\nok 1 a.one\n#  RUN           a.two ...\nok 2 a.two\n'
END
}
# guard CODE TEXT
guard()
{
	printf '#!/bin/sh\necho "$*" >"%s/guarded"\n[ -z "%s" ] || echo "%s" >&2\nexit %s\n' \
		"$tmp" "$2" "$2" "$1" >"$selftests/bin/guard"
	chmod +x "$selftests/bin/guard"
}

# here CODE TEXT OPTION...: TEXT is a line of its output
here()
{
	want=$1
	text=$2
	shift 2
	exits "$want" env TMPDIR="$tmp" "$tools/here" --selftests "$selftests" "$@" &&
	grep -qxF -e "$text" "$tmp/out" "$tmp/err" &&
	[ -z "$(find "$tmp" -maxdepth 1 -name 'daxwake-here.*')" ]
}

