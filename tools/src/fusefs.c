// SPDX-License-Identifier: GPL-2.0-only
/*
 * A flat file system in memory, as FUSE: enough of it for files that are made,
 * written, mapped, cut, punched and unlinked.
 *
 * A file is made of chunks of the size the guest maps at a time. While one is
 * mapped its bytes are in the window and nowhere else, so that the guest and
 * what it asks for by request are always of one mind.
 */
#include <errno.h>
#include <linux/falloc.h>
#include <linux/fuse.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuse.h"
#include "util.h"

#define CHUNK (2UL << 20)
#define CHUNKS 8
#define FILES 64
#define MAX_IO (1UL << 20)
#define GUEST_O_TRUNC 01000

/*
 * Nobody but the guest changes a file, so it may keep what it knows: names and
 * attributes for ever, and contents when it is opened again. It would drop the
 * inode at the last close otherwise, and its mappings at each open.
 */
#define VALID 3600	/* s */

struct chunk {
	char *at;	/* its bytes, or NULL: all zeroes */
	bool mapped;	/* they are in the window */
};

struct file {
	char name[64];	/* "": unlinked */
	uint64_t size;
	uint32_t mode;
	bool used;
	struct chunk chunks[CHUNKS];
};

/* A file's number is its place + 2; the directory is number 1. */
static struct file files[FILES];

static struct file *file_of(uint64_t node)
{
	if (node < 2 || node - 2 >= FILES || !files[node - 2].used)
		return NULL;
	return &files[node - 2];
}

static struct file *file_named(const char *name)
{
	for (size_t i = 0; *name && i < FILES; i++)
		if (files[i].used && !strcmp(files[i].name, name))
			return &files[i];
	return NULL;
}

/* The bytes at @off, and in *@len how many of them lie together. */
static char *bytes(struct file *f, uint64_t off, size_t *len, bool make)
{
	struct chunk *c = &f->chunks[off / CHUNK];
	size_t in = off % CHUNK;

	if (*len > CHUNK - in)
		*len = CHUNK - in;
	if (!c->at && make) {
		c->at = xalloc(CHUNK);
		memset(c->at, 0, CHUNK);
	}
	return c->at ? c->at + in : NULL;
}

static void copy(struct file *f, uint64_t off, char *buf, size_t len, bool in)
{
	while (len) {
		size_t n = len;
		char *at = bytes(f, off, &n, in);

		if (in)
			memcpy(at, buf, n);
		else if (at)
			memcpy(buf, at, n);
		else
			memset(buf, 0, n);
		off += n;
		buf += n;
		len -= n;
	}
}

static void zero(struct file *f, uint64_t off, uint64_t len)
{
	while (len) {
		size_t n = len > CHUNK ? CHUNK : len;
		char *at = bytes(f, off, &n, false);

		if (at)
			memset(at, 0, n);
		off += n;
		len -= n;
	}
}

static void forget(struct file *f)
{
	for (size_t i = 0; i < CHUNKS; i++)
		if (f->chunks[i].at && !f->chunks[i].mapped)
			free(f->chunks[i].at);
	memset(f, 0, sizeof(*f));
}

static void attr_of(uint64_t node, struct fuse_attr *attr)
{
	const struct file *f = file_of(node);

	memset(attr, 0, sizeof(*attr));
	attr->ino = node;
	attr->size = f ? f->size : 0;
	attr->blocks = (attr->size + 511) / 512;
	attr->mode = f ? S_IFREG | f->mode : S_IFDIR | 0700;
	attr->nlink = f ? !!f->name[0] : 2;
	attr->blksize = 4096;
}

static void entry_of(struct file *f, struct fuse_entry_out *entry)
{
	memset(entry, 0, sizeof(*entry));
	entry->nodeid = f - files + 2;
	entry->entry_valid = VALID;
	entry->attr_valid = VALID;
	attr_of(entry->nodeid, &entry->attr);
}

static void open_reply(char *out)
{
	struct fuse_open_out *open = (void *)out;

	memset(open, 0, sizeof(*open));
	open->open_flags = FOPEN_KEEP_CACHE;
}

static int create(const char *name, uint32_t mode, struct file **made)
{
	if (strlen(name) >= sizeof(files[0].name))
		return -ENAMETOOLONG;
	if (file_named(name))
		return -EEXIST;
	for (size_t i = 0; i < FILES; i++) {
		if (files[i].used)
			continue;
		files[i].used = true;
		files[i].mode = mode & 07777;
		strcpy(files[i].name, name);
		*made = &files[i];
		return 0;
	}
	return -ENOSPC;
}

static int resize(struct file *f, uint64_t size)
{
	if (size > CHUNKS * CHUNK)
		return -EFBIG;
	if (size < f->size)
		zero(f, size, f->size - size);
	f->size = size;
	return 0;
}

static int allocate(struct file *f, const struct fuse_fallocate_in *in)
{
	uint64_t end = in->offset + in->length;

	if (in->mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	if (end > CHUNKS * CHUNK || end < in->offset)
		return -EFBIG;
	if (in->mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		zero(f, in->offset, in->length);
	if (!(in->mode & FALLOC_FL_KEEP_SIZE) && end > f->size)
		f->size = end;
	return 0;
}

/* The chunk moves into the window, and back to where it was. */
static int map(struct file *f, const struct fuse_setupmapping_in *in, char *window)
{
	struct chunk *c = &f->chunks[in->foffset / CHUNK];
	char *to = window + in->moffset;

	if (in->foffset % CHUNK || in->moffset % CHUNK || in->len > CHUNK ||
	    in->foffset >= CHUNKS * CHUNK || in->moffset >= FS_WINDOW)
		return -EINVAL;
	if (c->at == to)
		return 0;
	if (c->at)
		memcpy(to, c->at, CHUNK);
	else
		memset(to, 0, CHUNK);
	if (c->at && !c->mapped)
		free(c->at);
	c->at = to;
	c->mapped = true;
	return 0;
}

static void unmap(char *from)
{
	for (size_t i = 0; i < FILES * CHUNKS; i++) {
		struct chunk *c = &files[i / CHUNKS].chunks[i % CHUNKS];

		if (!c->mapped || c->at != from)
			continue;
		c->at = xalloc(CHUNK);
		memcpy(c->at, from, CHUNK);
		c->mapped = false;
	}
}

static int unmap_all(const char *args, size_t len, char *window)
{
	const struct fuse_removemapping_in *in = (const void *)args;
	const struct fuse_removemapping_one *one = (const void *)(in + 1);

	if (len < sizeof(*in) + in->count * sizeof(*one))
		return -EINVAL;
	for (uint32_t i = 0; i < in->count; i++)
		unmap(window + one[i].moffset);
	return 0;
}

static void init_reply(const struct fuse_init_in *in, struct fuse_init_out *out)
{
	memset(out, 0, sizeof(*out));
	out->major = FUSE_KERNEL_VERSION;
	out->minor = in->minor < 34 ? in->minor : 34;
	out->max_readahead = in->max_readahead;
	out->flags = in->flags & (FUSE_MAP_ALIGNMENT | FUSE_BIG_WRITES | FUSE_MAX_PAGES |
				  FUSE_ATOMIC_O_TRUNC);
	out->max_background = 16;
	out->congestion_threshold = 12;
	out->max_write = MAX_IO;
	out->time_gran = 1;
	out->max_pages = MAX_IO / 4096;
	out->map_alignment = 21;
}

/* Returns the length of what is in @out behind the header, or -errno. */
static ssize_t answer(const struct fuse_in_header *h, const char *args, size_t len, char *out,
		      char *window)
{
	struct file *f = file_of(h->nodeid);
	int ret;

	switch (h->opcode) {
	case FUSE_INIT:
		init_reply((const void *)args, (void *)out);
		return sizeof(struct fuse_init_out);
	case FUSE_LOOKUP:
		f = file_named(args);
		if (!f)
			return -ENOENT;
		entry_of(f, (void *)out);
		return sizeof(struct fuse_entry_out);
	case FUSE_CREATE: {
		const struct fuse_create_in *in = (const void *)args;

		ret = create(args + sizeof(*in), in->mode, &f);
		if (ret)
			return ret;
		entry_of(f, (void *)out);
		open_reply(out + sizeof(struct fuse_entry_out));
		return sizeof(struct fuse_entry_out) + sizeof(struct fuse_open_out);
	}
	case FUSE_UNLINK:
		f = file_named(args);
		if (!f)
			return -ENOENT;
		f->name[0] = '\0';
		return 0;
	case FUSE_STATFS: {
		struct fuse_statfs_out *st = (void *)out;

		memset(st, 0, sizeof(*st));
		st->st.bsize = 4096;
		st->st.frsize = 4096;
		st->st.namelen = sizeof(files[0].name) - 1;
		return sizeof(*st);
	}
	case FUSE_OPENDIR:
		open_reply(out);
		return sizeof(struct fuse_open_out);
	case FUSE_READDIR:
	case FUSE_RELEASEDIR:
	case FUSE_DESTROY:
		return 0;
	case FUSE_REMOVEMAPPING:
		return unmap_all(args, len, window);
	case FUSE_GETATTR:
	case FUSE_SETATTR: {
		const struct fuse_setattr_in *in = (const void *)args;
		struct fuse_attr_out *attr = (void *)out;

		if (h->opcode == FUSE_SETATTR && f && (in->valid & FATTR_MODE))
			f->mode = in->mode & 07777;
		if (h->opcode == FUSE_SETATTR && f && (in->valid & FATTR_SIZE)) {
			ret = resize(f, in->size);
			if (ret)
				return ret;
		}
		memset(attr, 0, sizeof(*attr));
		attr->attr_valid = VALID;
		attr_of(h->nodeid, &attr->attr);
		return sizeof(*attr);
	}
	}
	if (!f)
		return -ENOENT;

	switch (h->opcode) {
	case FUSE_OPEN: {
		const struct fuse_open_in *in = (const void *)args;

		if (in->flags & GUEST_O_TRUNC)
			resize(f, 0);
		open_reply(out);
		return sizeof(struct fuse_open_out);
	}
	case FUSE_READ: {
		const struct fuse_read_in *in = (const void *)args;
		size_t n = in->size > MAX_IO ? MAX_IO : in->size;

		if (in->offset >= f->size)
			return 0;
		if (n > f->size - in->offset)
			n = f->size - in->offset;
		copy(f, in->offset, out, n, false);
		return n;
	}
	case FUSE_WRITE: {
		const struct fuse_write_in *in = (const void *)args;
		struct fuse_write_out *wrote = (void *)out;

		if (in->offset + in->size > CHUNKS * CHUNK || len < sizeof(*in) + in->size)
			return -EFBIG;
		copy(f, in->offset, (char *)(in + 1), in->size, true);
		if (in->offset + in->size > f->size)
			f->size = in->offset + in->size;
		wrote->size = in->size;
		wrote->padding = 0;
		return sizeof(*wrote);
	}
	case FUSE_FALLOCATE:
		return allocate(f, (const void *)args);
	case FUSE_SETUPMAPPING:
		return map(f, (const void *)args, window);
	case FUSE_RELEASE:
	case FUSE_FLUSH:
	case FUSE_FSYNC:
		return 0;
	}
	return -ENOSYS;
}

/* Numbers are given again only after the guest has forgotten them. */
static void forgotten(const struct fuse_in_header *h, const char *args, size_t len)
{
	const struct fuse_batch_forget_in *in = (const void *)args;
	const struct fuse_forget_one *one = (const void *)(in + 1);
	struct file *f;

	if (h->opcode == FUSE_FORGET) {
		f = file_of(h->nodeid);
		if (f && !f->name[0])
			forget(f);
		return;
	}
	for (uint32_t i = 0; i < in->count && (char *)&one[i + 1] <= args + len; i++) {
		f = file_of(one[i].nodeid);
		if (f && !f->name[0])
			forget(f);
	}
}

static size_t gather(const struct iovec *v, size_t n, char *to, size_t room)
{
	size_t len = 0;

	for (size_t i = 0; i < n && v[i].iov_len <= room - len; i++) {
		memcpy(to + len, v[i].iov_base, v[i].iov_len);
		len += v[i].iov_len;
	}
	return len;
}

size_t fs_answer(char *window, const struct iovec *in, size_t n_in,
		 const struct iovec *out, size_t n_out)
{
	static char ask[MAX_IO + 8192] __attribute__((aligned(16)));
	static char reply[MAX_IO + 8192] __attribute__((aligned(16)));
	const struct fuse_in_header *h = (const void *)ask;
	struct fuse_out_header *to = (void *)reply;
	size_t len, done = 0;
	ssize_t ret;

	len = gather(in, n_in, ask, sizeof(ask) - 1);
	ask[len] = '\0';
	if (len < sizeof(*h))
		return 0;
	if (h->opcode == FUSE_FORGET || h->opcode == FUSE_BATCH_FORGET) {
		forgotten(h, ask + sizeof(*h), len - sizeof(*h));
		return 0;
	}
	ret = answer(h, ask + sizeof(*h), len - sizeof(*h), (char *)(to + 1), window);
	to->len = sizeof(*to) + (ret > 0 ? ret : 0);
	to->error = ret < 0 ? ret : 0;
	to->unique = h->unique;
	for (size_t i = 0; i < n_out && done < to->len; i++) {
		size_t n = out[i].iov_len < to->len - done ? out[i].iov_len : to->len - done;

		memcpy(out[i].iov_base, reply + done, n);
		done += n;
	}
	return done;
}
