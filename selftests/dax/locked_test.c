// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entry of a DAX page is locked while the page is flushed, and who needs it
 * waits, uninterruptibly, and is woken one after the other:
 *
 *	truncate	looks at the page behind the lock, and waits for its holder
 *	fsync		returns when the page is flushed, whoever does that
 *	fault		goes on when the lock is free, wherever in 2 MiB it was
 *	write		to a block that it replaces takes the entry away, and wakes
 *			those behind it though it never had the lock
 *
 * The driver stops a first fsync between the lock and the flush.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "harness.h"

#define NOTHERS 4
#define OTHERS &self->others[0], &self->others[1], &self->others[2], &self->others[3]
#define LEN DF_PMD	/* for the stray write, as in stray_write_test.c */

struct at {			/* of a fault */
	const char *path;
	off_t off;
	bool writes;
};

FIXTURE(locked) {
	struct df_world w;
	struct df_source pin_then_lock;
	struct df_proof p;
	struct df_task flusher;		/* has the entry locked */
	struct df_task changer;
	struct df_task others[NOTHERS];
	struct at at[NOTHERS];
	bool large;			/* 2 MiB are one folio on this kernel */
};

FIXTURE_VARIANT(locked) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(locked);

static int fsync_run(void *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int ret = fd < 0 || fsync(fd) ? -errno : 0;

	close(fd);
	return ret;
}

static int lock_entry(struct df_file *f, uint64_t pfn, struct df_task *flusher)
{
	return __df_stall(f->dev, DAXWAKE_AT_DAX_FLUSH, pfn, 1) ?:
	       df_task_start(flusher, "fsync", fsync_run, f->path, NULL) ?:
	       __df_wait_stalled(f->dev, 1);
}

/* In this order: a flushed page is no longer writable, and faults wait. */
static int hold_then_lock(struct df_hold *h, char *addr, size_t len)
{
	return df_source_driver.hold(h, addr, len) ?: lock_entry(h->file, h->file->pfn, h->priv);
}

FIXTURE_SETUP(locked)
{
	struct daxwake_info info;

	DF_REQUIRE(df_dev_stalls_at(DAXWAKE_AT_DAX_FLUSH));
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, LEN, variant->fault));
	ASSERT_EQ(0, __df_info(self->w.dev, &info));
	self->large = info.out_features & DAXWAKE_FEAT_LARGE_FSDAX;
	self->pin_then_lock = df_source_driver;
	self->pin_then_lock.hold = hold_then_lock;
	self->p = df_proof_of_pin(&self->w.file);
	self->p.hold.src = &self->pin_then_lock;
	self->p.hold.priv = &self->flusher;
}

static void get_rid_of(struct df_task *t)
{
	if (__df_task_kill(t))
		df_session_spoil("%s", df_reason());
}

FIXTURE_TEARDOWN(locked)
{
	int i;

	if (df_session_spoiled()) {
		DF_SPOILED();
		return;
	}
	__df_disarm(self->w.dev, DAXWAKE_INJECT_STALL);
	df_proof_end(&self->p, &self->changer);
	for (i = 0; i < NOTHERS; i++)
		get_rid_of(&self->others[i]);
	get_rid_of(&self->flusher);
	DF_WORLD_DONE(&self->w);
}

/* --- who waits for the entry ------------------------------------------------ */

/* The innermost function is one of fs/dax.c, whatever was inlined into which. */
static bool waits_for_entry(struct df_task *t)
{
	size_t len;

	__df_task_slept(t);
	len = strcspn(t->slept, " ");
	return (!strncmp(t->slept, "dax_", 4) || !strncmp(t->slept, "__dax_", 6) ||
		memmem(t->slept, len, "unlocked", 8) ||
		memmem(t->slept, len, "mapping_entry", 13)) && __df_task_state(t) == 'D';
}

static bool waits_or_done(void *t)
{
	return df_task_done(t) || waits_for_entry(t);
}

#define ASSERT_WAITS_FOR_ENTRY(task) do {				\
	ASSERT_TRUE(df_poll(waits_or_done, task, df_deadline())) {	\
		TH_LOG("verdict: premise");				\
		TH_LOG("slept: %s", (task)->slept);			\
		TH_LOG("%s does not wait for the locked entry", (task)->name); \
	}								\
	ASSERT_FALSE(df_task_done(task)) {				\
		TH_LOG("verdict: premise");				\
		TH_LOG("%s ended at a locked entry: %d", (task)->name,	\
		       df_task_returned(task));				\
	}								\
} while (0)

/*
 * Nobody keeps the lock any more. Where all that have not come to their end sleep
 * uninterruptibly, one of them for the entry, and stay so, it has been forgotten.
 */
struct ending {
	struct df_task *t[NOTHERS + 1];
	size_t n;
	struct df_task *left;		/* of those: one for the entry, if there is one */
	bool forgotten;
};

static bool all_asleep(struct ending *e)
{
	bool asleep = true;
	size_t i;

	e->left = NULL;
	e->forgotten = false;
	for (i = 0; i < e->n; i++) {
		if (df_task_done(e->t[i]))
			continue;
		asleep &= __df_task_state(e->t[i]) == 'D';
		if (e->forgotten)
			continue;
		e->left = e->t[i];
		e->forgotten = waits_for_entry(e->t[i]);
	}
	return asleep && e->forgotten;
}

static void all_end(struct ending *e)
{
	double end = df_now() + df_deadline(), since = df_now();
	unsigned int looks = 0;

	for (;;) {
		if (!all_asleep(e))
			since = df_now();
		if (!e->left || df_now() > end || df_now() - since > df_deadline() / 5)
			return;
		df_pause(looks++);
	}
}

#define EXPECT_ALL_END(...) do {					\
	struct ending e = { .t = { __VA_ARGS__ } };			\
	struct df_task **t;						\
	while (e.n < ARRAY_SIZE(e.t) && e.t[e.n])			\
		e.n++;							\
	all_end(&e);							\
	EXPECT_EQ(NULL, e.left) {						\
		__df_task_slept(e.left);				\
		TH_LOG("verdict: %s", e.forgotten ? "lost_wakeup" : "hang"); \
		TH_LOG("slept: %s", e.left->slept);			\
		TH_LOG("%s does not come to its end after the entry was unlocked", \
		       e.left->name);					\
		df_session_spoil("%s (pid %d) waits for the entry of a page", e.left->name, \
				 e.left->pid);				\
	}								\
	for (t = e.t; !e.left && t < e.t + e.n; t++)			\
		EXPECT_EQ(0, df_task_returned(*t)) {			\
			TH_LOG("verdict: wrong_errno");			\
			TH_LOG("%s: %d", (*t)->name, df_task_returned(*t)); \
		}							\
} while (0)

#define LOCK(pfn) do {							\
	ASSERT_EQ(0, lock_entry(&self->w.file, pfn, &self->flusher)) {	\
		TH_LOG("verdict: premise");				\
		TH_LOG("%s", df_reason());				\
	}								\
} while (0)

#define UNLOCK() EXPECT_EQ(1, __df_disarm(self->w.dev, DAXWAKE_INJECT_STALL)) \
	TH_LOG("verdict: premise")

/* --- a layout change ---------------------------------------------------------- */

/* It has come to the locked entry, wherever in its course; then the lock goes. */
static enum df_verdict unlock_behind(struct df_proof *p, struct df_task *t)
{
	if (!df_poll(waits_or_done, t, df_deadline())) {
		memcpy(p->slept, t->slept, sizeof(p->slept));
		return df_conclude(p, DF_PREMISE, "%s does not wait for the locked entry",
				   t->name);
	}
	if (__df_disarm(p->file->dev, DAXWAKE_INJECT_STALL) != 1)
		return df_conclude(p, DF_PREMISE, "no fsync was stopped");
	return DF_OK;
}

/* A large folio is no more: what is given back now would go to a page of its own. */
#define SAY_OF_THE_SCAN(p, v) do {					\
	DF_VERDICT(p);							\
	DF_HINT_IF(p, v, "6be3e21d25ca",				\
		   "fs/dax: don't skip locked entries when scanning entries"); \
	if ((p)->verdict == (v) && variant->fault == DF_PMD && self->large) \
		df_session_spoil("a folio was split under its pin");	\
} while (0)

TEST_F(locked, truncate_waits_for_the_pinned_page)
{
	struct df_proof *p = &self->p;

	ASSERT_EQ(DF_OK, df_proof_hold(p)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_provoke(p, &self->changer)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, unlock_behind(p, &self->changer)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_blocked(p, &self->changer)) SAY_OF_THE_SCAN(p, DF_EARLY);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_woken(p, &self->changer)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
	EXPECT_ALL_END(&self->flusher);
}

TEST_F(locked, late_write_reaches_nobody)
{
	struct df_proof *p = &self->p;

	p->meanwhile = unlock_behind;
	EXPECT_EQ(DF_OK, __df_prove_no_stray_write(p)) SAY_OF_THE_SCAN(p, DF_STRAY_WRITE);
}

/* --- fsync ---------------------------------------------------------------------- */

TEST_F(locked, fsync_waits_for_the_flush_of_another)
{
	struct df_task *t = &self->others[0];

	LOCK(self->w.file.pfn);
	ASSERT_EQ(0, df_task_start(t, "fsync", fsync_run, self->w.file.path, NULL));
	ASSERT_TRUE(df_poll(waits_or_done, t, df_deadline())) {
		TH_LOG("verdict: hang");
		TH_LOG("slept: %s", t->slept);
	}
	EXPECT_FALSE(df_task_done(t)) {
		TH_LOG("verdict: early");
		TH_LOG("fsync returned %d before the page was flushed", df_task_returned(t));
	}
	UNLOCK();
	EXPECT_ALL_END(t, &self->flusher);
}

/* --- faults --------------------------------------------------------------------- */

/* Too small for a 2 MiB page: the fault is one of 4 KiB. */
static int fault_run(void *arg)
{
	struct at *at = arg;
	int fd = open(at->path, O_RDWR | O_CLOEXEC);
	volatile char *map = mmap(NULL, DF_PTE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at->off);
	char byte;

	if (map == MAP_FAILED)
		return -errno;
	byte = *map;
	if (at->writes)
		*map = byte;
	munmap((void *)map, DF_PTE);
	close(fd);
	return 0;
}

/* All over the page whose entry is locked. */
#define START_FAULT(i) do {						\
	self->at[i] = (struct at) {					\
		.path = self->w.file.path, .writes = true,		\
		.off = variant->fault / NOTHERS / DF_PTE * DF_PTE * (i), \
	};								\
	ASSERT_EQ(0, df_task_start(&self->others[i], "fault", fault_run, &self->at[i], NULL)); \
	ASSERT_WAITS_FOR_ENTRY(&self->others[i]);			\
} while (0)

TEST_F(locked, all_faults_go_on)
{
	int i;

	LOCK(self->w.file.pfn);
	for (i = 0; i < NOTHERS; i++)
		START_FAULT(i);
	UNLOCK();
	EXPECT_ALL_END(OTHERS, &self->flusher);
}

/* --- all of them ------------------------------------------------------------------ */

/* Truncate comes behind the faults, which have the file's mappings to themselves. */
static bool waits_uninterruptibly(void *t)
{
	return df_task_done(t) || __df_task_state(t) == 'D';
}

TEST_F(locked, faults_fsyncs_and_truncate_go_on)
{
	struct df_proof *p = &self->p;
	int i;

	ASSERT_EQ(DF_OK, df_proof_hold(p)) DF_VERDICT(p);
	START_FAULT(0);
	START_FAULT(1);
	for (i = 2; i < NOTHERS; i++)
		ASSERT_EQ(0, df_task_start(&self->others[i], "fsync", fsync_run,
					   self->w.file.path, NULL));
	ASSERT_EQ(DF_OK, df_proof_provoke(p, &self->changer)) DF_VERDICT(p);
	ASSERT_TRUE(df_poll(waits_uninterruptibly, &self->changer, df_deadline()))
		TH_LOG("verdict: premise");
	UNLOCK();
	EXPECT_ALL_END(OTHERS, &self->flusher);
	if (df_session_spoiled())
		return;
	ASSERT_EQ(DF_OK, df_proof_blocked(p, &self->changer)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_woken(p, &self->changer)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
}

/* --- a write that replaces the block ---------------------------------------------- */

/*
 * Of an xfs file the first block is shared with a clone. When it is written, xfs
 * takes a piece of the disk for it and its neighbours: what is written to the
 * second one goes there, too, though that is shared with nobody and dirty.
 */
FIXTURE(replaced) {
	struct df_world w;
	struct df_task flusher, writer, fault;
	struct at at;
	int clone;
	char *page;		/* the second one */
	uint64_t pfn;
};

static int share_first_block(struct df_file *f, int clone)
{
	struct file_clone_range range = { .src_fd = f->fd, .src_length = DF_PTE };

	if (!ioctl(clone, FICLONERANGE, &range))
		return 0;
	if (errno == EOPNOTSUPP || errno == EINVAL)
		return df_lacks("no xfs with reflink and DAX at once (kernel 6.0 or later)");
	return df_broke(errno, "FICLONERANGE: %s", strerror(errno));
}

#define WRITTEN 0xb7

static int write_page(const char *path, off_t off)
{
	char page[DF_PTE];
	int fd = open(path, O_RDWR | O_CLOEXEC), ret = 0;

	memset(page, WRITTEN, sizeof(page));
	if (pwrite(fd, page, sizeof(page), off) != sizeof(page))
		ret = -errno;
	close(fd);
	return ret;
}

static int write_second(void *path)
{
	return write_page(path, DF_PTE);
}

FIXTURE_SETUP(replaced)
{
	struct df_file *f = &self->w.file;
	struct daxwake_page page;
	char path[PATH_MAX + 8];

	self->clone = -1;
	DF_REQUIRE(df_dev_stalls_at(DAXWAKE_AT_DAX_FLUSH));
	DF_REQUIRE(df_world_init(&self->w, "xfs", 4 * DF_PTE, DF_PTE));
	snprintf(path, sizeof(path), "%s-clone", f->path);
	self->clone = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ASSERT_LE(0, self->clone);
	unlink(path);
	DF_REQUIRE(share_first_block(f, self->clone));

	self->page = f->map + DF_PTE;
	ASSERT_EQ(0, __df_touch(self->page));
	ASSERT_EQ(0, write_page(f->path, 0));
	ASSERT_EQ(0, __df_pages_at(self->w.dev, self->page, 1, &page));
	ASSERT_TRUE(page.flags & DAXWAKE_PAGE_WRITABLE) {
		TH_LOG("verdict: premise");
		TH_LOG("the second page is not dirty: flags %#x", page.flags);
	}
	self->pfn = page.pfn;
}

FIXTURE_TEARDOWN(replaced)
{
	if (df_session_spoiled()) {
		DF_SPOILED();
		return;
	}
	__df_disarm(self->w.dev, DAXWAKE_INJECT_STALL);
	get_rid_of(&self->writer);
	get_rid_of(&self->fault);
	get_rid_of(&self->flusher);
	close(self->clone);
	DF_WORLD_DONE(&self->w);
}

#define ASSERT_REPLACED() do {						\
	off_t off;							\
	ASSERT_EQ(0, __df_file_finds_pfn(&self->w.fs, self->w.file.fd, self->pfn, &off)) { \
		TH_LOG("verdict: premise");				\
		TH_LOG("the written block was not replaced");		\
	}								\
} while (0)

TEST_F(replaced, mapping_shows_what_was_written)
{
	ASSERT_EQ(0, write_second(self->w.file.path));
	ASSERT_REPLACED();
	EXPECT_EQ(WRITTEN, (unsigned char)self->page[0]) {
		TH_LOG("verdict: wrong_data");
		TH_LOG("the mapping still shows the old block");
		DF_HINT("f80e1668888f", "fsdax: invalidate pages when CoW");
	}
}

TEST_F(replaced, fault_behind_the_write_goes_on)
{
	LOCK(self->pfn);
	ASSERT_EQ(0, df_task_start(&self->writer, "write", write_second, self->w.file.path, NULL));
	ASSERT_TRUE(df_poll(waits_or_done, &self->writer, df_deadline())) {
		TH_LOG("verdict: hang");
		TH_LOG("slept: %s", self->writer.slept);
	}
	EXPECT_FALSE(df_task_done(&self->writer)) {
		TH_LOG("verdict: early");
		TH_LOG("write did not wait for the lock of the page it replaces");
		DF_HINT("f80e1668888f", "fsdax: invalidate pages when CoW");
	}
	self->at = (struct at) { .path = self->w.file.path, .off = DF_PTE };
	ASSERT_EQ(0, df_task_start(&self->fault, "fault", fault_run, &self->at, NULL));
	ASSERT_WAITS_FOR_ENTRY(&self->fault);
	UNLOCK();
	EXPECT_ALL_END(&self->flusher, &self->writer, &self->fault);
	if (!df_session_spoiled())
		ASSERT_REPLACED();
}

DF_HARNESS_MAIN
