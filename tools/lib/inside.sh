# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# For tests that mount: sourced first, it runs them once more as root with mounts
# that nobody else sees.
if [ "${1-}" != --inside ]; then
	unshare -m true 2>/dev/null && exec unshare -m "$0" --inside
	unshare -Urm true 2>/dev/null && exec unshare -Urm "$0" --inside
	echo "1..0 # SKIP neither root nor a user name space"
	exit 0
fi
