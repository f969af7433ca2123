// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory on a PCI device that a process has mapped (P2PDMA) is counted like
 * that of files: in the pool nobody holds it, requests between devices hold it
 * while they are under way, and it is back in the pool after the last of them.
 * What cannot reach it is refused.
 */
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "harness.h"
#include "internal.h"

#define NPAGES	2
#define LEN	(NPAGES * DF_PTE)

FIXTURE(p2pdma) {
	struct df_p2p p;
	int dev;
	size_t available;	/* before it was mapped */
	char *map;
	struct daxwake_page page;	/* the first, mapped */
	struct df_call call;
	int disk;		/* of the call */
};

FIXTURE_SETUP(p2pdma)
{
	self->disk = -1;
	DF_REQUIRE(df_p2p_init(&self->p));
	DF_REQUIRE(df_throttle_init());
	DF_REQUIRE(df_dev_open(&self->dev));
	DF_REQUIRE(df_kmsg_init());
	ASSERT_EQ(0, __df_p2p_available(&self->p, &self->available));
	ASSERT_EQ(0, __df_p2p_map(&self->p, LEN, &self->map)) TH_LOG("%s", df_reason());
	ASSERT_EQ(0, __df_pages_at(self->dev, self->map, 1, &self->page));
	ASSERT_EQ(DAXWAKE_PGMAP_P2PDMA, self->page.pgmap) TH_LOG("verdict: premise");
}

FIXTURE_TEARDOWN(p2pdma)
{
	if (self->call.running) {
		__df_throttle_let_go();
		df_call_wait(&self->call);
	}
	if (self->map)
		munmap(self->map, LEN);
	if (self->disk >= 0)
		close(self->disk);
	close(self->dev);
	DF_NO_SPLAT();
	DF_SPOILED();
}

struct look {
	int dev;
	uint64_t pfn;			/* of the first */
	struct daxwake_page now[NPAGES];
};

static bool look(struct look *l)
{
	return !__df_pages_pfn(l->dev, l->pfn, NPAGES, l->now);
}

static bool unheld(void *arg)
{
	struct look *l = arg;
	bool seen = look(l);

	for (int i = 0; i < NPAGES; i++)
		seen &= !l->now[i].pins && !l->now[i].refs;
	return seen;
}

#define EXPECT_UNHELD() do {						\
	struct look l = { .dev = self->dev, .pfn = self->page.pfn };	\
	EXPECT_TRUE(df_poll(unheld, &l, df_settle())) {			\
		TH_LOG("verdict: leaked_ref");				\
		for (int i = 0; i < NPAGES; i++)			\
			TH_LOG("page %d: refcount %d, pins %d, other references %d", i, \
			       l.now[i].refcount, l.now[i].pins, l.now[i].refs); \
	}								\
} while (0)

struct pool {
	const struct df_p2p *p;
	size_t wanted, now;
};

static bool pool_has(void *arg)
{
	struct pool *pool = arg;

	return !__df_p2p_available(pool->p, &pool->now) && pool->now == pool->wanted;
}

#define EXPECT_AVAILABLE(bytes, verdict) do {				\
	struct pool pool = { .p = &self->p, .wanted = (bytes) };	\
	EXPECT_TRUE(df_poll(pool_has, &pool, df_settle())) {		\
		TH_LOG("verdict: %s", verdict);				\
		TH_LOG("%zu bytes in the pool instead of %zu", pool.now, pool.wanted); \
	}								\
} while (0)

#define UNMAP() do {							\
	ASSERT_EQ(0, munmap(self->map, LEN));				\
	self->map = NULL;						\
} while (0)

TEST_F(p2pdma, only_the_mapping_counts)
{
	EXPECT_EQ(0, self->page.pins);
	EXPECT_EQ(0, self->page.refs) TH_LOG("verdict: leaked_ref");
	EXPECT_EQ(1, self->page.refcount) TH_LOG("verdict: leaked_ref");
	UNMAP();
	EXPECT_UNHELD();
}

TEST_F(p2pdma, unmap_gives_it_back_to_the_pool)
{
	EXPECT_AVAILABLE(self->available - LEN, "premise");
	UNMAP();
	EXPECT_AVAILABLE(self->available, "leaked_ref");
}

#define START_UNBIND(t)							\
	ASSERT_EQ(0, df_task_start(t, "unbind", __df_p2p_unbind, &self->p, NULL)) \
		TH_LOG("%s", df_reason())

/* A bind behind an unbind that hangs would hang as well. */
#define EXPECT_UNBIND_ENDS(t, verdict, hint) do {			\
	ASSERT_EQ(0, __df_task_join(t, df_deadline())) {		\
		TH_LOG("verdict: %s", verdict);				\
		TH_LOG("slept: %s", (t)->slept);			\
		hint;							\
		df_session_spoil("%s", df_reason());			\
	}								\
	EXPECT_EQ(0, df_task_returned(t)) TH_LOG("verdict: wrong_errno"); \
	EXPECT_EQ(0, __df_p2p_bind(&self->p)) TH_LOG("%s", df_reason()); \
} while (0)

#define HINT_FAILED_MAPPING DF_HINT("6220694c52a5", \
	"PCI/P2PDMA: Release per-CPU pgmap ref when vm_insert_page() fails")

/* --- a mapping that fails ------------------------------------------------------ */

struct attempt {
	const struct df_p2p *p;
	char *place, *map;
};

static int attempt(void *arg)
{
	struct attempt *a = arg;

	a->map = a->place;
	return __df_p2p_map(a->p, LEN, &a->map);
}

/*
 * With more and more memory, which does not suffice. Its pages are in two page
 * tables: there is none for the first page, and in the last attempt none for the
 * second. Returns how many attempts got as far as a page table.
 */
static int attempts(struct attempt *a)
{
	int log = df_kmsg_open(), reached = 0, ret = -1;

	for (int pages = 0; ret && reached < NPAGES && pages < 64; pages++) {
		ret = __df_starved(pages, attempt, a);
		reached += __df_kmsg_says(log, "p2pmem_alloc_mmap");
	}
	close(log);
	return reached;
}

/* Where no page table is: the last page of one's reach and the first of the next. */
static char *between_tables(void)
{
	char *room = mmap(NULL, 4 * DF_PMD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uintptr_t middle = ((uintptr_t)room + 2 * DF_PMD) & ~(DF_PMD - 1);

	if (room == MAP_FAILED)
		return NULL;
	munmap(room, 4 * DF_PMD);
	return (char *)middle - DF_PTE;
}

TEST_F(p2pdma, mapping_without_a_page_table_leaves_nothing_behind)
{
	struct attempt a = { .p = &self->p };
	struct df_task t = { 0 };

	DF_REQUIRE(df_starve_init());
	UNMAP();
	a.place = between_tables();
	ASSERT_EQ(NPAGES, attempts(&a)) TH_LOG("verdict: premise");
	ASSERT_EQ(NULL, a.map) TH_LOG("verdict: premise");
	EXPECT_AVAILABLE(self->available, "leaked_ref");
	EXPECT_UNHELD();
	START_UNBIND(&t);
	EXPECT_UNBIND_ENDS(&t, "leaked_ref", HINT_FAILED_MAPPING);
}

/* --- what is refused ----------------------------------------------------------- */

#define EXPECT_PIN_REFUSED(flags) do {					\
	uint32_t handle;						\
	EXPECT_EQ(-EREMOTEIO, __df_pin(self->dev, self->map, LEN, flags, &handle)) \
		TH_LOG("verdict: wrong_errno");				\
	EXPECT_UNHELD();						\
} while (0)

TEST_F(p2pdma, plain_pin_is_refused)
{
	EXPECT_PIN_REFUSED(DAXWAKE_PIN_WRITE);
}

TEST_F(p2pdma, plain_pin_fast_is_refused)
{
	EXPECT_PIN_REFUSED(DAXWAKE_PIN_WRITE | DAXWAKE_PIN_FAST);
}

TEST_F(p2pdma, plain_get_is_refused)
{
	EXPECT_PIN_REFUSED(DAXWAKE_PIN_GET);
}

TEST_F(p2pdma, vmsplice_is_refused)
{
	struct iovec iov = { .iov_base = self->map, .iov_len = LEN };
	int pipe[2];

	ASSERT_EQ(0, pipe2(pipe, O_CLOEXEC));
	EXPECT_EQ(-1, vmsplice(pipe[1], &iov, 1, 0));
	EXPECT_EQ(EREMOTEIO, errno) TH_LOG("verdict: wrong_errno");
	close(pipe[0]);
	close(pipe[1]);
	EXPECT_UNHELD();
}

#define EXPECT_COPIED_BY(disk_) do {					\
	int fd = open(disk_, O_RDWR | O_DIRECT | O_CLOEXEC);		\
	ASSERT_LE(0, fd) TH_LOG("%s: %s", disk_, strerror(errno));	\
	for (size_t at = 0; at < DF_PTE; at++)				\
		self->map[at] = df_file_byte(at);			\
	memset(self->map + DF_PTE, 0, DF_PTE);				\
	EXPECT_EQ(DF_PTE, pwrite(fd, self->map, DF_PTE, DF_PMD))	\
		TH_LOG("%s: %s", disk_, strerror(errno));		\
	EXPECT_EQ(DF_PTE, pread(fd, self->map + DF_PTE, DF_PTE, DF_PMD)) \
		TH_LOG("%s: %s", disk_, strerror(errno));		\
	EXPECT_EQ(0, memcmp(self->map, self->map + DF_PTE, DF_PTE))	\
		TH_LOG("verdict: wrong_data");				\
	close(fd);							\
	EXPECT_UNHELD();						\
} while (0)

TEST_F(p2pdma, its_own_disk_reads_and_writes_it)
{
	EXPECT_COPIED_BY(self->p.own);
}

TEST_F(p2pdma, disk_of_another_controller_reads_and_writes_it)
{
	EXPECT_COPIED_BY(self->p.peer);
}

/* --- while a request is under way --------------------------------------------- */

static ssize_t read_disk(void *arg)
{
	struct _test_data_p2pdma *self = arg;

	return pread(self->disk, self->map, DF_PTE, 0);
}

static bool held(void *arg)
{
	struct look *l = arg;

	return look(l) && l->now[0].pins + l->now[0].refs > 0;
}

/* A request of the other controller's disk that stays under way. */
#define START_REQUEST() do {						\
	struct look l = { .dev = self->dev, .pfn = self->page.pfn };	\
	self->disk = open(self->p.peer, O_RDWR | O_DIRECT | O_CLOEXEC);	\
	ASSERT_LE(0, self->disk);					\
	ASSERT_EQ(0, __df_throttle_hold(self->p.peer)) TH_LOG("%s", df_reason()); \
	ASSERT_EQ(0, df_call_start(&self->call, read_disk, self));	\
	ASSERT_TRUE(df_poll(held, &l, df_deadline())) TH_LOG("verdict: premise"); \
	ASSERT_FALSE(df_call_over(&self->call)) TH_LOG("verdict: premise"); \
} while (0)

#define END_REQUEST() do {						\
	ASSERT_EQ(0, __df_throttle_let_go()) TH_LOG("%s", df_reason());	\
	ASSERT_EQ(DF_PTE, df_call_wait(&self->call));			\
} while (0)

TEST_F(p2pdma, request_outlives_the_mapping)
{
	struct look l = { .dev = self->dev, .pfn = self->page.pfn };

	START_REQUEST();
	UNMAP();
	EXPECT_TRUE(held(&l)) TH_LOG("verdict: early");
	EXPECT_AVAILABLE(self->available - DF_PTE, "early");
	END_REQUEST();
	EXPECT_UNHELD();
	EXPECT_AVAILABLE(self->available, "leaked_ref");
}

/* Asleep where it waits for the pages' last reference, or not at all. */
static bool arrived(void *arg)
{
	struct df_task *t = arg;

	return df_task_done(t) || (!__df_task_slept(t) && strstr(t->slept, "memunmap_pages"));
}

static bool done(void *t)
{
	return df_task_done(t);
}

/*
 * With nobody holding a page it sleeps there for a grace period, and is done.
 * So let one pass.
 */
static bool is_early(struct df_task *t)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	return df_poll(done, t, df_settle());
}

TEST_F(p2pdma, unbind_waits_for_the_request)
{
	struct df_task t = { 0 };
	bool early;

	START_REQUEST();
	START_UNBIND(&t);
	ASSERT_TRUE(df_poll(arrived, &t, df_deadline())) {
		TH_LOG("verdict: hang");
		TH_LOG("slept: %s", t.slept);
		df_session_spoil("an unbind hangs in %s", t.slept);
	}
	early = is_early(&t);
	EXPECT_FALSE(early) {
		TH_LOG("verdict: early");
		df_session_spoil("struct pages were freed while they were held");
	}
	END_REQUEST();
	EXPECT_UNBIND_ENDS(&t, "lost_wakeup", (void)0);
}

DF_HARNESS_MAIN
