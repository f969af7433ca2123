// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel inside a bzImage. Under emulation a kernel that unpacks and
 * relocates itself takes longer than all the rest of its boot, so that is done
 * out here, once: QEMU starts the bare kernel through its PVH entry. It is the
 * same kernel; only its address is not random.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm.h"

#define PVH_NOTE 18		/* XEN_ELFNOTE_PHYS32_ENTRY */
#define PHDR 56			/* size of an ELF program header */
#define UNPACK_MS 60000

struct image {
	const unsigned char *p;
	size_t len;
};

static bool image_map(struct image *m, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p = MAP_FAILED;

	if (fd >= 0 && !fstat(fd, &st) && st.st_size > 4096)
		p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		close(fd);
	if (p == MAP_FAILED)
		return false;
	m->p = p;
	m->len = st.st_size;
	return true;
}

static void image_unmap(struct image *m)
{
	munmap((void *)m->p, m->len);
}

static uint32_t get32(const struct image *m, size_t at)
{
	uint32_t value;

	memcpy(&value, m->p + at, sizeof(value));
	return value;
}

static uint16_t get16(const struct image *m, size_t at)
{
	return m->p[at] | m->p[at + 1] << 8;
}

static uint64_t get64(const struct image *m, size_t at)
{
	return get32(m, at) | (uint64_t)get32(m, at + 4) << 32;
}

/* Notes are a header of three words, a name and a description, padded to four. */
static bool has_pvh_note(const struct image *m, size_t at, size_t len)
{
	size_t end = at + len;

	if (end < at || end > m->len)
		return false;
	while (at + 16 <= end) {
		uint32_t name = get32(m, at), desc = get32(m, at + 4);

		if (get32(m, at + 8) == PVH_NOTE && name == 4 && !memcmp(m->p + at + 12, "Xen", 4))
			return true;
		at += 12 + (((size_t)name + 3) & ~3ul) + (((size_t)desc + 3) & ~3ul);
	}
	return false;
}

/* Is that a kernel QEMU can start without any loader in between? */
static bool bootable_elf(const char *path)
{
	struct image m;
	bool found = false;
	size_t at;

	if (!image_map(&m, path))
		return false;
	/* 64 bits, x86-64, program headers of the size we know */
	if (!memcmp(m.p, "\177ELF\2", 5) && get16(&m, 18) == 62 && get16(&m, 54) == PHDR) {
		at = get64(&m, 32);
		for (int n = get16(&m, 56); n && !found && at < m.len - PHDR; n--, at += PHDR)
			found = get32(&m, at) == PT_NOTE &&
				has_pvh_note(&m, get64(&m, at + 8), get64(&m, at + 32));
	}
	image_unmap(&m);
	return found;
}

/* Where the packed kernel is in a bzImage, by the x86 boot protocol. */
static bool payload(const struct image *m, size_t *at, size_t *len)
{
	unsigned int sects = m->p[0x1f1] ? m->p[0x1f1] : 4;

	if (memcmp(m->p + 0x202, "HdrS", 4))
		return false;
	*at = (sects + 1) * 512 + get32(m, 0x248);
	*len = get32(m, 0x24c);
	return *len > 8 && *at < m->len && *len <= m->len - *at;
}

bool image_cut(const char *path)
{
	struct image m;
	bool cut = false;

	if (!image_map(&m, path))
		return false;
	/* what follows the setup sectors is counted in units of 16 bytes */
	if (!memcmp(m.p + 0x202, "HdrS", 4))
		cut = m.len < ((m.p[0x1f1] ? m.p[0x1f1] : 4) + 1) * 512 +
			(size_t)get32(&m, 0x1f4) * 16;
	image_unmap(&m);
	return cut;
}

static bool unpack(const struct image *m, const char *to)
{
	static const struct {
		const char *magic;
		size_t len, tail;	/* the kernel's build appends the size */
		const char *program[4];
	} packers[] = {
		{ "\3757zXZ", 5, 4, { "xz", "-dc", "--single-stream" } },
		{ "\x28\xb5\x2f\xfd", 4, 4, { "zstd", "-dcq" } },
		{ "\x1f\x8b", 2, 0, { "gzip", "-dc" } },
		{ "\x02\x21\x4c\x18", 4, 4, { "lz4", "-dcq" } },
	};
	size_t at, len;
	bool done = false;

	if (!payload(m, &at, &len))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		struct proc_io io = { .death_signal = 9 };
		struct proc p = { 0 };

		if (memcmp(m->p + at, packers[i].magic, packers[i].len))
			continue;
		io.in = memfd_create("packed", MFD_CLOEXEC);
		io.out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		io.err = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (io.in >= 0 && io.out >= 0 && io.err >= 0 &&
		    !write_all(io.in, m->p + at, len - packers[i].tail) &&
		    !lseek(io.in, 0, SEEK_SET) &&
		    !proc_start(&p, (char *const *)packers[i].program, &io)) {
			if (!proc_wait(&p, UNPACK_MS * time_factor()))
				proc_kill(&p);
			done = !p.status;
		}
		close(io.in);
		close(io.out);
		close(io.err);
	}
	return done;
}

/* FNV-1a: the same file content, the same name in the cache. */
static uint64_t content_key(const struct image *m)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < m->len; i++)
		hash = (hash ^ m->p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

char *image_bare(const char *path)
{
	char *dir = cache_dir(), *bare = NULL, *tmp = NULL;
	struct image m;

	if (bootable_elf(path) || !image_map(&m, path)) {
		free(dir);
		return xstrdup(path);
	}
	if (dir) {
		bare = xprintf("%s/vmlinux", dir);
		make_dirs(bare);
		free(bare);
		bare = xprintf("%s/vmlinux/%016llx", dir, (unsigned long long)content_key(&m));
		tmp = xprintf("%s.%d.tmp", bare, getpid());
	}
	if (bare && !bootable_elf(bare) &&
	    (!unpack(&m, tmp) || !bootable_elf(tmp) || rename(tmp, bare))) {
		/* then it has to unpack itself, as it is used to */
		unlink(tmp);
		free(bare);
		bare = NULL;
	}
	image_unmap(&m);
	free(tmp);
	free(dir);
	return bare ? bare : xstrdup(path);
}
