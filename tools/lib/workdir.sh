# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Make splits names at blanks, and kbuild at colons. Where the output directory
# has one, the work is done in a directory that has none and is found again by
# the next build.

# workdir DIR: the directory to build in for output directory DIR
workdir()
{
	case $1 in
	*[[:space:]:]*) echo "/var/tmp/daxwake-$(id -u)-$(printf %s "$1" | cksum | tr -dc 0-9)" ;;
	*) echo "$1" ;;
	esac
}
