# shellcheck shell=sh disable=SC2034,SC2154 # shared with tools/initramfs
# SPDX-License-Identifier: GPL-2.0-only
#
# Pieces of an initramfs, sourced by tools/initramfs, which sets $tools, $work,
# $cache and the options. Each piece is a newc archive of its own, kept in the
# cache under a key made of what it was built from: the kernel unpacks archives
# that simply follow each other.

# sed and timeout have to be GNU's: stdbuf makes only dynamic programs flush
# each line, and a crash must not take buffered results with it.
guest_programs="dash sed stdbuf timeout dmesg ndctl daxctl mkfs.ext4 mkfs.xfs fsck.ext4
	e2fsck tune2fs debugfs xfs_repair xfs_io xfs_db dmsetup blkid mount umount"
# What some machines do not have, or under another package's name.
guest_programs_too="cxl mkfs.erofs"

# Where the program of that name is, also for users without sbin in PATH.
program_path()
{
	PATH="$PATH:/usr/sbin:/sbin" command -v "$1"
}

# Prints the libraries the dynamic programs named on stdin need.
libs_of()
{
	xargs -r -d '\n' ldd 2>/dev/null | sed -n \
		-e 's/.*=> \(\/[^ ]*\) (.*/\1/p' \
		-e 's/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' | sort -u
}

# One line for each file named on stdin: what changes when the file does.
stamps()
{
	xargs -r -d '\n' stat -Lc '%n %s %Y'
}

# put STAGE FILE: copies FILE to the same place below STAGE, always in usr/
# (the guest's /bin, /sbin and /lib are links, as on the distributions).
put()
{
	put_to=$1/usr/${2#/}
	case $2 in
	/usr/*)	put_to=$1$2 ;;
	esac
	[ ! -e "$put_to" ] || return 0
	mkdir -p "${put_to%/*}"
	cp -L --preserve=mode "$2" "$put_to"
}

# part NAME: makes the part NAME unless the cache has it; the key is on stdin.
# Its path is added to $work/parts.
part()
{
	key=$(cat - "$tools/initramfs" "$tools/lib/parts.sh" "$tools/lib/kmods.sh" \
		"$tools/lib/fio.sh" \
		"$tools/guest/init" "$tools/guest/pmem" |
		sha256sum | cut -c 1-20)
	part=$cache/$1-$key.cpio
	echo "$part" >>"$work/parts"
	[ ! -s "$part" ] || return 0
	rm -rf "$work/stage"
	mkdir "$work/stage"
	"make_$1" "$work/stage"
	(cd "$work/stage" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
		cpio -0 -o -H newc -R 0:0 --quiet) >"$part.$$.tmp" ||
		die 3 "cannot write $part.$$.tmp"
	mv "$part.$$.tmp" "$part"
	# Whoever builds often should not collect parts for ever.
	find "$cache" -name '*.cpio*' -mtime +14 -delete 2>/dev/null || :
}

# The programs of this machine and what they need.
make_user()
{
	mkdir -p "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib" "$1/usr/lib64" "$1/etc" "$1/root" \
		"$1/proc" "$1/sys" "$1/dev" "$1/tmp" "$1/run" "$1/mnt"
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$1/$dir"
	done
	while read -r file; do
		put "$1" "$file"
	done <"$work/user.files"
	fio_stubs "$1"
	ln -s dash "$1/usr/bin/sh"
	cp -L "$busybox" "$1/usr/bin/busybox"
	for applet in $("$busybox" --list); do
		[ -e "$1/usr/bin/$applet" ] || [ -e "$1/usr/sbin/$applet" ] ||
			ln -s busybox "$1/usr/bin/$applet"
	done
	# The kernel asks for these by absolute path.
	ln -s ../bin/busybox "$1/usr/sbin/modprobe"
	ln -s ../bin/busybox "$1/usr/sbin/poweroff"
	[ ! -r /etc/mke2fs.conf ] || cp -L /etc/mke2fs.conf "$1/etc/"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
	ln -s /proc/self/mounts "$1/etc/mtab"
	cp "$tools/guest/init" "$1/init"
	cp "$tools/guest/pmem" "$1/etc/daxwake-pmem"
	cat >"$1/etc/fstab" <<-'END'
		proc /proc proc
		sys /sys sysfs
		debug /sys/kernel/debug debugfs
	END
	mkdir -p "$1/etc/dev/shm" "$1/run/mount"
	ln -s /proc/self/fd "$1/etc/dev/fd"
	ln -s /proc/self/fd/0 "$1/etc/dev/stdin"
	ln -s /proc/self/fd/1 "$1/etc/dev/stdout"
	ln -s /proc/self/fd/2 "$1/etc/dev/stderr"
	chmod 755 "$1/init"
}

# The selftests, the driver and the script that runs them.
make_tests()
{
	mkdir -p "$1/daxwake/selftests" "$1/daxwake/lib"
	cp -L "$tools/here" "$1/daxwake/here"
	cp -L "$tools/lib/batch.sh" "$1/daxwake/lib/"
	[ -z "$ko" ] || cp -L "$ko" "$1/daxwake/test_daxwake.ko"
	[ -z "$selftests" ] || cp -RL "$selftests/." "$1/daxwake/selftests/"
	# Nobody debugs them in there, and it is three quarters of them.
	! command -v strip >/dev/null ||
		find "$1/daxwake" -type f -perm -u+x -size +16k -exec strip -g {} + 2>/dev/null || :
	find "$1/daxwake/selftests" -type f -perm -u+x -size +3k | libs_of >"$work/tests.libs"
	while read -r file; do
		grep -qxF "$file" "$work/user.files" || put "$1" "$file"
	done <"$work/tests.libs"
}
