# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# The checks of tools/ci/static, which sets $tmp with its lists of files, $root
# (where this runs) and $KSRC. A check is a function that prints what is wrong,
# and nothing when all is well.

# A grep that finds nothing is no reason to stop looking, hence +e.
quiet() { out=$(set +e; "$@"); printf '%s' "$out${out:+
}"; [ -z "$out" ]; }
# in_files LIST COMMAND...: the command over the files of that list
in_files() { list=$1; shift; tr '\n' '\0' <"$tmp/$list" | xargs -0 -r "$@"; }

# Off, because the advice is the kernel's own and not for this place:
# everywhere	arguments used twice by a macro (a hint at best)
# user space	what only the kernel has (types, attributes, kstrto*(), strscpy()); volatile,
#		which is how to touch a mapping; usage texts cut to 100 columns
# selftests	what the kernel's own harness macros make a file look like
checkpatch()
{
	# It keeps a cache where it is called, of names it looks for in root: not in the tree.
	ln -sfn "$root" "$tmp/src"
	mkdir -p "$tmp/include"
	while IFS= read -r file; do
		ignore=MACRO_ARG_REUSE
		case $file in
		driver/*_uapi.h) ignore=$ignore,BIT_MACRO ;;
		driver/*) ;;
		*) ignore=$ignore,BIT_MACRO,PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO
		   ignore=$ignore,ARRAY_SIZE,NAKED_SSCANF,ENOSYS,STRCPY
		   ignore=$ignore,STATIC_CONST_CHAR_ARRAY,EMBEDDED_FUNCTION_NAME,VOLATILE,SPLIT_STRING ;;
		esac
		case $file in
		fixtures/harness.h | selftests/*)
			ignore=$ignore,COMPLEX_MACRO,MACRO_WITH_FLOW_CONTROL,TRAILING_STATEMENTS
			ignore=$ignore,MULTISTATEMENT_MACRO_USE_DO_WHILE,PARENTHESIS_ALIGNMENT ;;
		esac
		(cd "$tmp" && "$KSRC/scripts/checkpatch.pl" --no-tree --root "$tmp" --strict --terse \
			--show-types --no-summary --ignore "$ignore" -f "src/$file")
	done <"$tmp/c" 2>&1 | sed 's,^src/,,'
}

# Each file by itself, as if it were the only one: headers included first.
warnings()
{
	grep -v '^driver/' "$tmp/c" | while IFS= read -r file; do
		"${CC:-cc}" -x c -std=gnu11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -S -o /dev/null \
			-Ifixtures -Idriver -isystem "$KSRC/tools/testing/selftests" "$file" 2>&1
	done
}

marks() { in_files files grep -nIE "\\b(TO""DO|FIX""ME|XX""X|HA""CK)\\b"; }
long() { in_files sources awk 'FNR == 601 { print FILENAME ": more than 600 lines" }'; }
long_sh() { in_files sh awk 'FNR == 151 { print FILENAME ": more than 150 lines" }'; }
spdx() { in_files sources awk '
	FNR == 1 { if (name && !seen) print name ": no SPDX line"; name = FILENAME; seen = 0 }
	FNR <= 3 && /SPDX-License-Identifier: GPL-2\.0-only/ { seen = 1 }
	END { if (name && !seen) print name ": no SPDX line" }'; }
blanks() { in_files sources grep -nIE "[[:blank:]]+\$|$(printf '\r')"; }
modes()
{
	while IFS= read -r file; do
		case $(head -c 2 "$file") in
		'#!') [ -x "$file" ] || echo "$file: a script that is not executable" ;;
		*) [ ! -x "$file" ] || echo "$file: executable, but no script" ;;
		esac
	done <"$tmp/files"
}

# Time decides nothing; the one poll() that yields is the clock's own.
sleeps()
{
	grep -E '^(fixtures|selftests)/' "$tmp/c" | grep -v '^fixtures/time\.c$' >"$tmp/tests"
	in_files tests grep -nE '\b(u|nano|clock_nano|m)?sleep[[:blank:]]*\(|\bpoll\(NULL'
	grep -E '^(fixtures|selftests)/' "$tmp/sh" >"$tmp/tests"
	in_files tests grep -nE '(^|[;&|[:blank:]])u?sleep [0-9]'
}

# A test asks what the kernel does, not what it is called.
versions()
{
	grep -vE '^(driver/(compat\.h|conftest\.sh)|tools/lib/static\.sh)$' "$tmp/sources" >"$tmp/tests"
	in_files tests grep -nE 'LINUX_VERSION_CODE|\bKERNEL_VERSION\('
	grep '^selftests/' "$tmp/c" >"$tmp/tests"
	in_files tests grep -nE '\buname\('
}

# Hosts and paths of the machine this was written or is checked on.
places()
{
	# shellcheck disable=SC2016 # apt's variable
	hosts=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | sed 's,.*://,,; s,/.*,,' | sort -u)
	for word in "$root/" $hosts; do
		in_files files grep -nIF -- "$word"
	done
	in_files files grep -nIE '(^|[^A-Za-z0-9._~$}-])/(work|root|home/[a-z])/'
	in_files sources grep -nIE '[a-z]+://[a-z0-9]' | grep -vE '://([a-z0-9-]+\.)*(kernel\.org|example)\b'
}

helps()
{
	find tools -maxdepth 1 -type f -perm -u+x | while IFS= read -r tool; do
		"$tool" --help </dev/null >"$tmp/help" 2>&1 || echo "$tool --help: exit $?"
		grep -qi '^usage:' "$tmp/help" && grep -qi '^exit codes:' "$tmp/help" ||
			echo "$tool --help: no 'Usage:' or no 'Exit codes:'"
	done
}
