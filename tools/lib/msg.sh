# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# Messages, temporary directories, locks and the cache directory for the shell
# tools. The caller sets $me, the name its messages start with.

say()
{
	printf '%s: %s\n' "$me" "$*" >&2
}

# die CODE TEXT: one line, then the exit code the caller's --help documents
die()
{
	die_code=$1
	shift
	say "$*"
	exit "$die_code"
}

# step WHAT TEXT: progress in the shape of a quiet kernel build
step()
{
	printf '  %-7s %s\n' "$1" "$2" >&2
}

# Temporary directories go with the process, however it ends.
tmp_dirs=
tmp_clean()
{
	printf '%s' "$tmp_dirs" | while IFS= read -r tmp_dir; do
		[ -z "$tmp_dir" ] || rm -rf "$tmp_dir"
	done
}

tmp_traps()
{
	trap tmp_clean EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# tmp_add DIR: remove DIR when this process ends
tmp_add()
{
	tmp_dirs="$tmp_dirs$1
"
}

# tmp_keep DIR: it is whole now, and stays
tmp_keep()
{
	tmp_dirs=$(printf '%s' "$tmp_dirs" | grep -vxF -- "$1")
	tmp_dirs="${tmp_dirs:+$tmp_dirs
}"
}

# Sets $cache. Everything the tools download or build lives below it.
cache_init()
{
	case ${XDG_CACHE_HOME:-} in
	/*) cache=$XDG_CACHE_HOME/daxwake ;;
	*) cache=${HOME:-/root}/.cache/daxwake ;;
	esac
	{ mkdir -p "$cache" && [ -w "$cache" ]; } 2>/dev/null ||
		die 3 "cannot write the cache at $cache (set XDG_CACHE_HOME to a directory you own)"
}

# lock FILE WHAT: hold FILE until this process ends, say so when it takes time
lock()
{
	mkdir -p "$(dirname "$1")"
	exec 9>"$1"
	if ! flock -n 9; then
		say "waiting for another run that has $2 in its hands"
		flock 9
	fi
}

unlock()
{
	exec 9>&-
}

# need_space MB WHAT: stop before the disk is full, not after
need_space()
{
	space_free=$(df -Pk "$cache" | awk 'NR == 2 { print int($4 / 1024) }')
	[ "$space_free" -ge "$1" ] ||
		die 3 "no space for $2: $1 MB needed, $cache has $space_free MB left (free some, or set XDG_CACHE_HOME)"
}

# why_failed LOG: the one line of a tool's output that says what went wrong
why_failed()
{
	if grep -q 'No space left' "$1"; then
		echo "no space left on device below $cache (free some, or set XDG_CACHE_HOME)"
	else
		{ grep -m 1 -E '^(E|W|.*[Ee]rror):' "$1" || tail -n 1 "$1"; } | sed 's/^[EW]: //; s/  */ /g'
	fi
}
