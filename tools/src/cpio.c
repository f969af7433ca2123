// SPDX-License-Identifier: GPL-2.0-only
/*
 * newc archives: telling a cut one before the kernel stumbles over it, and
 * making the small one that carries the plan.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm.h"

#define HEADER 110		/* magic and 13 fields of 8 hex digits */
#define TRAILER "TRAILER!!!"

static size_t pad4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static long field(const char *header, int nr)
{
	char text[9] = { 0 };
	char *end;
	long value;

	memcpy(text, header + 6 + nr * 8, 8);
	value = strtol(text, &end, 16);
	return *end ? -1 : value;
}

static const char *walk(const char *p, size_t len)
{
	bool open = false;	/* inside an archive that has no trailer yet */
	size_t at = 0;

	while (at < len) {
		const char *header = p + at;
		long size, name;

		/* archives are padded with zeroes between each other */
		if (!open && !*header) {
			at++;
			continue;
		}
		if (len - at < HEADER)
			return "it ends in the middle of a header";
		if (memcmp(header, "070701", 6))
			return at ? "something else follows the archive" : NULL;
		size = field(header, 6);
		name = field(header, 11);
		if (size < 0 || name <= 0)
			return "a header in it is damaged";
		if (pad4(HEADER + name) > len - at)
			return "it ends in the middle of a name";
		open = strncmp(header + HEADER, TRAILER, name);
		at += pad4(HEADER + name);
		if (pad4(size) > len - at)
			return "it ends in the middle of a file";
		at += pad4(size);
	}
	return open ? "its end is missing" : NULL;
}

const char *cpio_check(const char *path)
{
	const char *wrong = NULL;
	struct stat st;
	void *p;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		wrong = strerror(errno);
	} else if (!S_ISREG(st.st_mode)) {
		wrong = "it is not a file";
	} else if (!st.st_size) {
		wrong = "it is empty";
	} else {
		p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED) {
			wrong = strerror(errno);
		} else {
			wrong = walk(p, st.st_size);
			munmap(p, st.st_size);
		}
	}
	if (fd >= 0)
		close(fd);
	return wrong;
}

static void pad(struct str *cpio)
{
	str_add(cpio, "\0\0\0", pad4(cpio->len) - cpio->len);
}

void cpio_file(struct str *cpio, const char *path, unsigned int mode,
	       const void *data, size_t len)
{
	static unsigned int ino = 0x10000;	/* not those of the other parts */

	str_printf(cpio, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X",
		   ino++, mode, 0, 0, 1, 0, len, 0, 0, 0, 0, strlen(path) + 1, 0);
	str_add(cpio, path, strlen(path) + 1);
	pad(cpio);
	str_add(cpio, data, len);
	pad(cpio);
}

void cpio_end(struct str *cpio)
{
	cpio_file(cpio, TRAILER, 0, "", 0);
}
