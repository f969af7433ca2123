#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/ci/static sees each kind of fault: a small tree without faults passes
# every check, the same tree with one of each fails every check.
# shellcheck disable=SC2016 # planted scripts and sh -c expand their own
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/lib/tap.sh
. "$tools/lib/tap.sh"
KSRC=${KSRC:-$("$tools/kernel" source)}
export KSRC
spdx='SPDX-License-Identifier: GPL-2.0-only'

# tree DIR: just what tools/ci/static needs, and one C file. A copy, not a
# clone: so also the way without git is walked.
tree()
{
	mkdir -p "$1/tools/ci" "$1/tools/lib" "$1/fixtures" "$1/driver" "$1/selftests/dax"
	cp "$tools/ci/static" "$1/tools/ci/"
	cp "$tools/lib/tap.sh" "$tools/lib/static.sh" "$1/tools/lib/"
	printf '#!/bin/sh\n# %s\nexit 0\n' "$spdx" >"$1/tools/deps"
	printf '#!/bin/sh\n# %s\necho "Usage: %s"\necho "Exit codes: 0"\n' "$spdx" x >"$1/tools/x"
	chmod +x "$1/tools/deps" "$1/tools/x"
	printf '/* %s */\nint answer(int question);\n' "$spdx" \
		>"$1/fixtures/good.h"
}

static()
{
	rc=0
	"$1/tools/ci/static" >"$tmp/out" 2>&1 || rc=$?
	cat "$tmp/out"
	return $rc
}
# fails NAME: of the planted tree
fails() { cat "$tmp/out"; grep -q "^not ok [0-9]* $1" "$tmp/out"; }

tree "$tmp/good tree"
sed -i 's/^exit 0/echo "Usage: no"; echo "Exit codes: 0"/' "$tmp/good tree/tools/deps"
tap 'a tree without faults' static "$tmp/good tree"

bad=$tmp/bad
tree "$bad"
printf 'int ff(int x){ char *unused; return 0; }  \n' >"$bad/fixtures/bad.c"
printf '#!/bin/sh\n# %s\nls $1\n' "$spdx" >"$bad/tools/bad"
printf '/* TO''DO: recie''ve it */\n' >>"$bad/fixtures/good.h"
awk -v s="$spdx" 'BEGIN { print "//", s; for (i = 0; i < 600; i++) print "int i;" }' >"$bad/driver/long.h"
awk -v s="$spdx" 'BEGIN { print "#!/bin/sh\n#", s; for (i = 0; i < 149; i++) print "" }' >"$bad/tools/long"
printf '// %s\nvoid f(void)\n{\n\tus''leep(10);\n\tuna''me(0);\n}\n' "$spdx" >"$bad/selftests/dax/bad_test.c"
printf 'see /wo''rk/main\n' >"$bad/README.md"
static "$bad" >/dev/null || :
grep -o '^ok [0-9]* .*\|^not ok [0-9]* .*' "$tmp/out" | sed 's/^.*ok [0-9]* //' >"$tmp/checks"
while IFS= read -r check; do
	tap "seen: $check" fails "$(printf '%s' "$check" | sed 's/[()*.]/./g')"
done <"$tmp/checks"

tap 'exit 3 without checkpatch' sh -c 'KSRC=$2 "$1/ci/static"; [ $? -eq 3 ]' - "$tools" "$tmp"
tap 'exit 2 for an argument' sh -c '"$1/ci/static" x; [ $? -eq 2 ]' - "$tools"
tap_done
