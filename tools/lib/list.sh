# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# What kernel each suite has now.

# list_suite SUITE: one line; what a suite cannot tell is said, not left out
list_suite()
{
	lock "$cache/apt/$1/lock" "the packages of $1"
	apt_init "$1"
	if ! apt_fresh "$1" && ! apt_update; then
		printf '%-24s -  (%s)\n' "debian:$1" "$apt_why"
		exit 3
	fi
	list_meta=$(apt-cache show --no-all-versions linux-image-amd64 2>/dev/null)
	list_version=$(printf '%s\n' "$list_meta" | sed -n 's/^Version: //p')
	list_release=$(printf '%s\n' "$list_meta" |
		sed -n 's/^Depends:.* linux-image-\([0-9][^ ]*\) .*/\1/p')
	[ -f "$cache/kernels/$1/$list_version/kernel" ] && list_cached=cached || list_cached=
	printf '%-24s %-20s %-24s %s\n' "debian:$1" "${list_version:--}" "$list_release" "$list_cached"
}

cmd_list()
{
	[ $# -eq 0 ] || die 2 "list takes no argument, got: $*"
	list_rc=0
	for list_name in $apt_suites; do
		# a process each: a lock or an error is one suite's
		(list_suite "$list_name") || list_rc=$?
	done
	return "$list_rc"
}
