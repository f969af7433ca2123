#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/mutate with a tree that is as much of one as is looked at.
# shellcheck disable=SC2016,SC2154 # makefiles; $tmp is tap.sh's
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/lib/tap.sh
. "$tools/lib/tap.sh"
# shellcheck source=tools/lib/test-kernel.sh
. "$tools/lib/test-kernel.sh"

src=$tmp/src
copies=$tmp/cache/daxwake/mutants
export DAXWAKE_MUTANTS="$tmp/mutants"

make_source()
{
	make_tree
	mkdir -p "$src/mm" "$DAXWAKE_MUTANTS"
	printf 'VERSION = 9\nPATCHLEVEL = 9\n' >"$src/Makefile"
	: >"$src/mm/a.h"
	printf 'int wake(int x)\n{\n\treturn x == 1;\n}\n' >"$src/mm/a.c"
	echo 'CONFIG_CC_VERSION_TEXT="gcc 9"' >>"$tree/.config"
	printf '%s\n' "include $src/Makefile" "export OUTPUT = $tree" 'bzImage modules:' \
		"	@gcc -c -o arch/x86/boot/bzImage $src/mm/a.c" "	@pwd >where" >"$tree/Makefile"
	ln -sfn "$src" "$tree/source"
}

# mutant NAME TREES LINE...: a semantic patch, which replaces the test in a.c
mutant()
{
	mutant_to=$DAXWAKE_MUTANTS/$1.cocci
	printf '%s\n' '// SPDX-License-Identifier: GPL-2.0-only' "// X01: $1" '//' "// Trees: $2" \
		'// Files: mm/none.c mm/a.c' '// Verdict: early' '// Seen by: -' '// Tests: x' '@@' 'expression x;' \
		'@@' >"$mutant_to"
	shift 2
	printf '%s\n' "$@" >>"$mutant_to"
}

# mutate WANTED-EXIT ARGUMENT...
mutate()
{
	want=$1
	shift
	exits "$want" "$tools/mutate" "$@"
}

# no WANTED-EXIT TEXT ARGUMENT...: TEXT on stderr, and nothing has changed
no()
{
	no_text=$2
	no_want=$1
	shift 2
	mutate "$no_want" "$@" && [ ! -s "$tmp/out" ] && grep -qF -- "$no_text" "$tmp/err" && untouched
}
untouched() { [ "$(cat "$src"/mm/* "$src/Makefile" | sha256sum)" = "$pristine" ]; }

help() { mutate 0 --help && for word in --diff --remove --list DAXWAKE_MUTANTS XDG_CACHE_HOME; do
	grep -q -- "$word" "$tmp/out" || return 1; done; }
lists() { mutate 0 --list "$tree" && grep -q '^good .*early .* good$' "$tmp/out" &&
	! grep -q other "$tmp/out"; }
diffs() { mutate 0 --diff good "$tree" && grep -q '^+.*x == 2' "$tmp/out" && untouched &&
	[ ! -e "$copies" ]; }
builds()
{
	mutate 0 good "$tree" && untouched && copy=$(cat "$tmp/out") || return 1
	[ "$copy" != "$tree" ] && grep -q 'x == 2' "$copy/source/mm/a.c" &&
		[ "$(cat "$copy/where")" = "$tree" ] && [ ! -e "$tree/where" ] &&
		[ ! -s "$tree/arch/x86/boot/bzImage" ] && [ -s "$copy/arch/x86/boot/bzImage" ] &&
		grep -qx "include ${copy%/build}/src/Makefile" "$copy/Makefile" &&
		grep -qx "export OUTPUT = $copy" "$copy/Makefile"
}
thin()
{
	mutate 0 --as thin --thin good "$tree" && untouched && copy=$(cat "$tmp/out") || return 1
	gcc -c -o "$tmp/mutated" "${copy%/build}/src/mm/a.c" && cmp "$tmp/mutated" "$copy/arch/x86/boot/bzImage" &&
		! cmp -s "$src/mm/a.c" "${copy%/build}/src/mm/a.c" && [ "$(readlink "$copy/source")" = "$src" ] &&
		grep -qx "include $src/Makefile" "$copy/Makefile" && [ "$(find "${copy%/build}/src" -type f | wc -l)" -eq 1 ]
}
thin_header()
{
	printf '%s\n' '# Trees: 9.*' '# Files: mm/a.h' '# Verdict: early' '# Seen by: -' '# Tests: x' \
		'echo >>mm/a.h' >"$DAXWAKE_MUTANTS/header.sh"
	no 2 'leave out --thin' --thin header "$tree"
}
removes() { copy=$copies/$(ls "$copies")/good && mutate 0 --remove good "$tree" && [ ! -e "$copy" ] && untouched; }
by_script()
{
	printf '%s\n' '# Trees: 9.*' '# Files: mm/a.c' '# Verdict: early' '# Seen by: -' '# Tests: x' \
		'sed -i "s/1/$TREE/" mm/a.c' >"$DAXWAKE_MUTANTS/script.sh"
	mutate 0 --diff script "$tree" && grep -q '^+.*x == 9.9;' "$tmp/out" && untouched
}
in_place() { rm "$tree/source"; no 2 'out of place' good "$tree"; ln -sfn "$src" "$tree/source"; }
headless() { echo >"$DAXWAKE_MUTANTS/headless.cocci"; no 2 "no line 'Trees:'" headless "$tree"; }
heads()
{
	for file in "$tools"/mutants/*.cocci; do
		for field in Trees Files Verdict 'Seen by' Tests; do
			grep -q "^// $field: ." "$file" || { echo "$file: no $field"; return 1; }
		done
		spatch --parse-cocci "$file" >"$tmp/parsed" 2>&1 || { echo "$file:"; cat "$tmp/parsed"; return 1; }
	done
}

if ! command -v spatch >/dev/null; then
	tap_skip 'mutants' 'no spatch (tools/deps mutants)'
	tap_done
fi
make_source
pristine=$(cat "$src"/mm/* "$src/Makefile" | sha256sum)
mutant good '8.1 9.*' '-x == 1' '+x == 2'
mutant other '8.* 9.10' '-x == 1' '+x == 2'
mutant nothing '*' '-x == 3' '+x == 2'
mutant broken '*' '-x ==' '+x == 2'
mutant unbuildable '*' '-x == 1' '+x == y'

tap '--help names what there is' help
tap '--list: what is for that tree' lists
tap '--diff prints, and makes nothing' diffs
tap 'a copy is edited and built under the name of the tree' builds
tap '--thin: only what changed is copied' thin
tap 'not for a header' thin_header
tap '--remove takes it away' removes
tap 'a mutant may be a script' by_script
tap 'a mutant that changes nothing is an error' no 3 'changes nothing' nothing "$tree"
tap 'one for other trees is an error' no 3 'is for 8.* 9.10' other "$tree"
tap 'one that cannot be read is an error' no 3 'does not apply' broken "$tree"
tap 'one that does not build is another' no 1 'does not build' unbuildable "$tree"
tap 'no such mutant' no 2 "no mutant 'absent'" absent "$tree"
tap 'a mutant without a head' headless
tap 'no tree' no 2 'unknown kernel' good "$tmp/absent"
tap 'a tree that was built in place' in_place
tap 'no argument too many' no 2 'are wanted' good "$tree" more
tap 'each of tools/mutants says what it is, and can be read' heads
tap_done
