# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# Which packages make up a suite's kernel.

# deb_closure PACKAGE...: follow Depends through packages named linux-*.
# Prints "pkg NAME VERSION KB-PACKED KB-UNPACKED", and "need NAME" for what the
# headers want beside them. Names change between releases, the meta packages do not.
deb_closure()
{
	closure_seen=" "
	while [ $# -gt 0 ]; do
		closure_out=$(apt-cache show --no-all-versions "$@" 2>"$apt_dir/log" | awk '
			/^Package: / { name = $2 }
			/^Version: / { version = $2 }
			/^Size: / { size = int($2 / 1024) + 1 }
			/^Installed-Size: / { isize = $2 }
			/^(Pre-)?Depends: / {
				sub(/^[^ ]* /, "")
				n = split($0, dep, / *, */)
				for (i = 1; i <= n; i++) {
					split(dep[i], word, /[ :(|]/)
					if (word[1] ~ /^linux-/)
						print "next", word[1]
					else if (name ~ /^linux-(headers|kbuild|compiler)-/)
						print "need", word[1]
				}
			}
			name && /^$/ { print "pkg", name, version, size, isize; name = "" }
			END { if (name) print "pkg", name, version, size, isize }')
		for closure_name; do
			printf '%s\n' "$closure_out" | grep -q "^pkg $closure_name " || {
				echo "missing $closure_name"
				return
			}
			closure_seen="$closure_seen$closure_name "
		done
		printf '%s\n' "$closure_out" | grep -v '^next '
		set --
		for closure_name in $(printf '%s\n' "$closure_out" | sed -n 's/^next //p' | sort -u); do
			case $closure_seen in
			*" $closure_name "*) ;;
			*) set -- "$@" "$closure_name" ;;
			esac
		done
	done
}

# deb_resolve SUITE: sets $deb_version, $deb_pkgs, $deb_needs (the compiler and
# libraries the headers ask for) and $deb_mb; returns 1 with $apt_why set.
deb_resolve()
{
	deb_headers=$(deb_closure linux-headers-amd64)
	deb_all=$(deb_closure linux-image-amd64; printf '%s\n' "$deb_headers")
	deb_missing=$(printf '%s\n' "$deb_all" | sed -n 's/^missing //p' | head -n 1)
	if [ -n "$deb_missing" ]; then
		apt_why="$1 has no package $deb_missing"
		return 1
	fi
	deb_version=$(printf '%s\n' "$deb_all" | awk '$2 == "linux-image-amd64" { print $3; exit }')
	deb_pkgs=$(printf '%s\n' "$deb_all" | awk '$1 == "pkg" && !seen[$2]++ { print $2 "=" $3 }')
	deb_needs=$(printf '%s\n' "$deb_headers" | sed -n 's/^need //p' | sort -u)
	deb_mb=$(printf '%s\n' "$deb_all" |
		awk '$1 == "pkg" && !seen[$2]++ { kb += $4 + $5 } END { print int(kb * 1.1 / 1024) + 50 }')
}
