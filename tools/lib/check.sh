# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# Parts of tools/ci/check, which sets $globs and $logs: running them, counting
# what they found, and saying so in a line.

passed=0 failed=0 skipped=0 ran=0

# wanted NAME: does it, or its first word, match one of the globs?
wanted()
{
	wanted=1
	set -f
	for glob in $globs; do
		# shellcheck disable=SC2254 # it is a glob
		case $1 in
		$glob | $glob/*) wanted=0 ;;
		esac
	done
	set +f
	return $wanted
}

# count_KIND LOG RC: what a person should see, then a line "passed failed skipped"
count_tap()
{
	awk '
	/^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; plans++ }
	/^ok .* # SKIP/ { skip++; next }
	/^ok / { pass++ }
	/^not ok / { fail++; print }
	END {
		came = pass + fail + skip
		if (plans != 1 || plan != came) {
			print plan + 0, "results planned,", came + 0, "came"
			fail++
		}
		print pass + 0, fail + 0, skip + 0
	}' "$1"
}

count_run()
{
	counts='\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$'
	sed -n '/^against /,/ as known/p; /^UNTRUSTED/p' "$1"
	if grep -q '^against ' "$1"; then
		sed -n "s/^ *what is known counts as passed: $counts/\\1 \\2 \\3/p" "$1" | tail -n 1
	else
		tail -n 1 "$1" | sed -n "s/^$counts/\\1 \\2 \\3/p"
	fi
}

count_exit()
{
	if [ "$2" -eq 0 ]; then
		echo 1 0 0
	else
		tail -n 15 "$1"
		echo 0 1 0
	fi
}

# A line for each mutant, of which only those that were not caught are of interest.
count_mutants()
{
	if grep -q '^skipped: ' "$1"; then
		echo 0 0 1
		return
	fi
	awk '
	$2 ~ /^(caught|other|missed|error)$/ && $5 == "s" {
		if ($2 == "caught")
			pass++
		else {
			fail++
			print
		}
	}
	/^[^ ]*: [0-9]+ mutants, / { said = $2 }
	END {
		if (said != pass + fail || !said) {
			print said + 0, "mutants promised,", pass + fail, "came"
			fail++
		}
		print pass + 0, fail + 0, 0
	}' "$1"
}

# part NAME KIND COMMAND...
part()
{
	part=$1 kind=$2
	shift 2
	wanted "$part" || return 0
	log=$logs/$(echo "$part" | tr / -).log
	[ ! -t 2 ] || printf '%s ...\r' "$part" >&2
	start=$(date +%s)
	rc=0
	"$@" >"$log" 2>&1 || rc=$?
	[ "$rc" -ne 130 ] || exit 130
	"count_$kind" "$log" "$rc" >"$log.counts"
	read -r p f s <<-END
		$(tail -n 1 "$log.counts" | grep -xE '[0-9]+ [0-9]+ [0-9]+' || echo 0 1 0)
	END
	# A part that says it failed has failed, whatever was counted.
	[ "$rc" -eq 0 ] || [ "$f" -gt 0 ] || f=1
	ran=$((ran + 1)) passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	printf '%-24s %4d passed %3d failed %3d skipped %5d s\n' "$part" "$p" "$f" "$s" \
		$(($(date +%s) - start))
	if [ "$f" -gt 0 ]; then
		{
			sed '$d' "$log.counts"
			[ "$rc" -le 1 ] || tail -n 5 "$log"
			echo "exit $rc, see $log"
		} | sed 's/^/    /'
	fi
	rm -f "$log.counts"
}
