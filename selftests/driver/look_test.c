// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking through /dev/test_daxwake: PAGES tells what is mapped and who holds
 * it without touching the page, WAITERS tells who sleeps on it, and RESCUE
 * wakes those and nobody else's verdict.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"

#define NPAGES	4
#define LEN	(NPAGES * DF_PTE)

FIXTURE(look) {
	struct df_world w;
	struct daxwake_info info;
	struct daxwake_page page[NPAGES];
	struct daxwake_pages req;	/* of the file's mapping */
};

FIXTURE_SETUP(look)
{
	DF_REQUIRE(df_world_init(&self->w, "ext4", LEN, DF_PTE));
	ASSERT_EQ(0, __df_info(self->w.dev, &self->info));
	self->req = (struct daxwake_pages) {
		.size = sizeof(self->req),
		.source = DAXWAKE_SRC_ADDR,
		.start = (uintptr_t)self->w.file.map,
		.npages = NPAGES,
		.entry_size = sizeof(self->page[0]),
		.pages = (uintptr_t)self->page,
	};
}

FIXTURE_TEARDOWN(look)
{
	DF_WORLD_DONE(&self->w);
}

/* 0 or the errno */
static int call(int dev, unsigned long cmd, void *arg)
{
	return ioctl(dev, cmd, arg) ? errno : 0;
}

static void *ram(int prot)
{
	return mmap(NULL, LEN, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

TEST_F(look, mapped_file_page_is_described)
{
	struct daxwake_page *pg = self->page;
	bool counted = self->info.out_features & DAXWAKE_FEAT_MAP_COUNTED;
	int i;

	/* clean pages are mapped read-only until they are written to */
	for (i = 0; i < NPAGES; i++)
		*(volatile char *)(self->w.file.map + i * DF_PTE) = 1;
	ASSERT_EQ(0, call(self->w.dev, DAXWAKE_IOC_PAGES, &self->req));
	EXPECT_EQ(NPAGES, self->req.out_npages);
	for (i = 0; i < NPAGES; i++, pg++) {
		EXPECT_EQ(DAXWAKE_PAGE_PRESENT | DAXWAKE_PAGE_WRITABLE |
			  DAXWAKE_PAGE_DEVICE | DAXWAKE_PAGE_MAPPING, pg->flags);
		EXPECT_EQ(pg->pfn, pg->head_pfn);
		EXPECT_EQ(DAXWAKE_LEVEL_PTE, pg->level);
		EXPECT_EQ(DAXWAKE_PGMAP_FS_DAX, pg->pgmap);
		EXPECT_EQ(0, pg->order);
		EXPECT_EQ(counted, pg->mapcount);
		EXPECT_EQ(self->info.out_fsdax_idle + counted, pg->refcount);
		EXPECT_EQ(0, pg->pins);
		EXPECT_EQ(0, pg->refs);
		EXPECT_EQ(0, pg->reserved);
	}
}

TEST_F(look, address_handle_and_pfn_agree)
{
	struct daxwake_page at[NPAGES], of[NPAGES];
	uint32_t handle;
	int i;

	ASSERT_EQ(0, __df_pin(self->w.dev, self->w.file.map, LEN, DAXWAKE_PIN_WRITE, &handle));
	ASSERT_EQ(0, __df_pages_at(self->w.dev, self->w.file.map, NPAGES, at));
	self->req.source = DAXWAKE_SRC_HANDLE;
	self->req.handle = handle;
	self->req.start = 0;
	self->req.pages = (uintptr_t)of;
	ASSERT_EQ(0, call(self->w.dev, DAXWAKE_IOC_PAGES, &self->req));
	for (i = 0; i < NPAGES; i++) {
		struct daxwake_page by;

		ASSERT_EQ(0, __df_pages_pfn(self->w.dev, at[i].pfn, 1, &by));
		EXPECT_EQ(0, memcmp(&by, &of[i], sizeof(by)));
		at[i].flags &= ~(DAXWAKE_PAGE_PRESENT | DAXWAKE_PAGE_WRITABLE);
		at[i].level = 0;
		EXPECT_EQ(0, memcmp(&by, &at[i], sizeof(by)));
		EXPECT_EQ(1, by.pins);
	}

	self->req.start = NPAGES;
	EXPECT_EQ(ERANGE, call(self->w.dev, DAXWAKE_IOC_PAGES, &self->req));
	self->req.start = 1;
	EXPECT_EQ(ERANGE, call(self->w.dev, DAXWAKE_IOC_PAGES, &self->req));
	self->req.handle++;
	EXPECT_EQ(ENOENT, call(self->w.dev, DAXWAKE_IOC_PAGES, &self->req));
}

TEST_F(look, looking_takes_no_reference)
{
	struct daxwake_page before, after;
	int i;

	ASSERT_EQ(0, __df_pages_pfn(self->w.dev, self->w.file.pfn, 1, &before));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, __df_pages_at(self->w.dev, self->w.file.map, NPAGES, self->page));
	ASSERT_EQ(0, __df_pages_pfn(self->w.dev, self->w.file.pfn, 1, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
}

TEST_F(look, memory_that_is_no_device_is_only_located)
{
	struct daxwake_page *pg = self->page, none = {};
	char *map = ram(PROT_READ | PROT_WRITE);
	volatile char *p = map;

	ASSERT_NE(MAP_FAILED, map);
	p[0] = 1;			/* page 0: its own */
	(void)p[DF_PTE];		/* page 1: the zero page; 2: nothing */
	ASSERT_EQ(0, munmap(map + 3 * DF_PTE, DF_PTE));
	ASSERT_EQ(0, __df_pages_at(self->w.dev, map, NPAGES, pg));
	EXPECT_EQ(DAXWAKE_PAGE_PRESENT | DAXWAKE_PAGE_WRITABLE, pg[0].flags);
	EXPECT_NE(0, pg[0].pfn);
	EXPECT_EQ(0, pg[0].refcount);
	EXPECT_EQ(DAXWAKE_PGMAP_NONE, pg[0].pgmap);
	EXPECT_EQ(DAXWAKE_PAGE_PRESENT | DAXWAKE_PAGE_ZERO, pg[1].flags);
	EXPECT_EQ(0, memcmp(&none, &pg[2], sizeof(none)));
	EXPECT_EQ(0, memcmp(&none, &pg[3], sizeof(none)));

	ASSERT_EQ(0, mprotect(map, DF_PTE, PROT_READ));
	ASSERT_EQ(0, __df_pages_at(self->w.dev, map, 1, pg));
	EXPECT_EQ(DAXWAKE_PAGE_PRESENT, pg[0].flags);
}

TEST_F(look, hole_of_a_file_is_the_zero_page)
{
	volatile char *map;

	ASSERT_EQ(0, ftruncate(self->w.file.fd, 2 * LEN));
	map = mmap(NULL, LEN, PROT_READ, MAP_SHARED, self->w.file.fd, LEN);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, map[0]);
	ASSERT_EQ(0, __df_pages_at(self->w.dev, (void *)map, 1, self->page));
	EXPECT_EQ(DAXWAKE_PAGE_PRESENT | DAXWAKE_PAGE_ZERO, self->page[0].flags);
	munmap((void *)map, LEN);
}

static int sit(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return 0;
}

TEST_F(look, other_process_is_looked_at)
{
	struct df_task t;
	char *map = ram(PROT_READ | PROT_WRITE);

	ASSERT_NE(MAP_FAILED, map);
	*map = 1;
	ASSERT_EQ(0, df_task_start(&t, "sit", sit, NULL, NULL));
	self->req.start = (uintptr_t)map;
	self->req.pid = t.pid;
	EXPECT_EQ(0, call(self->w.dev, DAXWAKE_IOC_PAGES, &self->req));
	EXPECT_TRUE(self->page[0].flags & DAXWAKE_PAGE_PRESENT);
	ASSERT_EQ(0, __df_task_kill(&t));
	EXPECT_EQ(ESRCH, call(self->w.dev, DAXWAKE_IOC_PAGES, &self->req));
}

TEST_F(look, entries_have_the_size_of_the_caller)
{
	unsigned char buf[NPAGES][sizeof(struct daxwake_page) + 24];
	struct daxwake_page first;
	size_t i, k;

	ASSERT_EQ(0, __df_pages_at(self->w.dev, self->w.file.map, 1, &first));
	memset(buf, 0x5a, sizeof(buf));
	self->req.entry_size = sizeof(buf[0]);
	self->req.pages = (uintptr_t)buf;
	self->req.npages = NPAGES - 1;
	ASSERT_EQ(0, call(self->w.dev, DAXWAKE_IOC_PAGES, &self->req));
	EXPECT_EQ(0, memcmp(buf[0], &first, sizeof(first)));
	for (i = 0; i < NPAGES; i++)
		for (k = sizeof(first); k < sizeof(buf[0]); k++)
			EXPECT_EQ(i < NPAGES - 1 ? 0 : 0x5a, buf[i][k]);
}

TEST_F(look, bad_looks_are_refused)
{
	struct daxwake_pages req;

#define REFUSED(errno_, ...) do {					\
	req = self->req;						\
	__VA_ARGS__;							\
	EXPECT_EQ(errno_, call(self->w.dev, DAXWAKE_IOC_PAGES, &req))	\
		TH_LOG("with %s", #__VA_ARGS__);			\
} while (0)
	REFUSED(EINVAL, req.source = DAXWAKE_SRC_PFN + 1);
	REFUSED(EINVAL, req.npages = 0);
	REFUSED(EINVAL, req.start++);
	REFUSED(EINVAL, req.handle = 1);
	REFUSED(EINVAL, req.pid = -1);
	REFUSED(EINVAL, req.entry_size--);
	REFUSED(EINVAL, req.entry_size = 0);
	REFUSED(E2BIG, req.entry_size = getpagesize() + 8);
	REFUSED(E2BIG, req.npages = DAXWAKE_MAX_QUERY_PAGES + 1);
	REFUSED(EFAULT, req.pages = 0);
	REFUSED(EFAULT, req.pages = -4096);
	REFUSED(EINVAL, req.source = DAXWAKE_SRC_PFN; req.start = self->w.file.pfn; req.pid = 1);
	REFUSED(ENOENT, req.source = DAXWAKE_SRC_HANDLE);
#undef REFUSED
}

TEST_F(look, pfn_that_is_no_device_is_enxio)
{
	struct daxwake_page pg;
	struct daxwake_waiters w = { .size = sizeof(w) };
	struct daxwake_rescue r = { .size = sizeof(r) };
	char *map = ram(PROT_READ | PROT_WRITE);
	uint64_t pfns[6] = { 0, 1, 1ULL << 40, 1ULL << 52, ~0ULL };
	size_t i;

	ASSERT_NE(MAP_FAILED, map);
	*map = 1;
	ASSERT_EQ(0, __df_pages_at(self->w.dev, map, 1, &pg));
	pfns[5] = pg.pfn;
	/* one that is right but for bits that do not fit into an address */
	pfns[3] |= self->w.file.pfn;
	for (i = 0; i < 6; i++) {
		EXPECT_EQ(-ENXIO, __df_pages_pfn(self->w.dev, pfns[i], 1, &pg))
			TH_LOG("pfn %#llx", (unsigned long long)pfns[i]);
		w.pfn = pfns[i];
		r.pfn = pfns[i];
		EXPECT_EQ(ENXIO, call(self->w.dev, DAXWAKE_IOC_WAITERS, &w));
		EXPECT_EQ(ENXIO, call(self->w.dev, DAXWAKE_IOC_RESCUE, &r));
	}
}

TEST_F(look, entries_before_a_bad_pfn_are_filled)
{
	size_t size = (size_t)DAXWAKE_MAX_QUERY_PAGES * sizeof(struct daxwake_page);
	struct daxwake_page *pg = mmap(NULL, size, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t n;

	ASSERT_NE(MAP_FAILED, pg);
	self->req.source = DAXWAKE_SRC_PFN;
	self->req.start = self->w.file.pfn;
	self->req.npages = DAXWAKE_MAX_QUERY_PAGES;
	self->req.pages = (uintptr_t)pg;
	if (!call(self->w.dev, DAXWAKE_IOC_PAGES, &self->req)) {
		/* a device of more than 2 GiB: nothing to see */
		EXPECT_EQ(DAXWAKE_MAX_QUERY_PAGES, self->req.out_npages);
		return;
	}
	EXPECT_EQ(ENXIO, errno);
	n = self->req.out_npages;
	ASSERT_LT(NPAGES, n);
	EXPECT_EQ(self->w.file.pfn + n - 1, pg[n - 1].pfn);
	EXPECT_EQ(0, pg[n].pfn);
	EXPECT_EQ(-ENXIO, __df_pages_pfn(self->w.dev, self->w.file.pfn + n, 1, pg));
}

/* --- 2 MiB pages ----------------------------------------------------------- */

/* Pins the first @n pages of @map, and says what page 0 and the last look like. */
static int look_at_pinned(int dev, char *map, size_t n, struct daxwake_page *first,
			  struct daxwake_page *last)
{
	uint32_t handle;
	int ret = __df_pin(dev, map, n * DF_PTE, DAXWAKE_PIN_WRITE, &handle);

	if (!ret)
		ret = __df_pages_at(dev, map, 1, first);
	if (!ret)
		ret = __df_pages_at(dev, map + DF_PMD - DF_PTE, 1, last);
	return ret ?: __df_release(dev, handle, DAXWAKE_UNPIN_USER_PAGES,
				   DAXWAKE_CTX_CALLER, 0, DF_ALL);
}

FIXTURE(huge) {
	struct df_world w;
};

FIXTURE_SETUP(huge)
{
	DF_REQUIRE(df_world_init(&self->w, "ext4", DF_PMD, DF_PMD));
}

FIXTURE_TEARDOWN(huge)
{
	DF_WORLD_DONE(&self->w);
}

/* Large folios count for the whole; without them each page has its own count. */
TEST_F(huge, mapped_file_page_is_described)
{
	struct daxwake_page first, last;
	struct daxwake_info info;
	bool large;

	ASSERT_EQ(0, __df_info(self->w.dev, &info));
	large = info.out_features & DAXWAKE_FEAT_LARGE_FSDAX;
	ASSERT_EQ(0, look_at_pinned(self->w.dev, self->w.file.map, 3, &first, &last));
	EXPECT_EQ(DAXWAKE_LEVEL_PMD, first.level);
	EXPECT_EQ(DAXWAKE_LEVEL_PMD, last.level);
	EXPECT_EQ(first.pfn + 511, last.pfn);
	EXPECT_EQ(large, !!(last.flags & DAXWAKE_PAGE_COMPOUND));
	EXPECT_EQ(large ? 9 : 0, last.order);
	EXPECT_EQ(large ? first.pfn : last.pfn, last.head_pfn);
	EXPECT_EQ(large ? 3 : 1, first.pins);
	EXPECT_EQ(large ? 3 : 0, last.pins);
	EXPECT_EQ(large, last.mapcount);
	EXPECT_EQ(0, first.refs);
	EXPECT_EQ(0, last.refs);
}

FIXTURE(device) {
	struct df_devdax d;
	char *map;
	int dev;
};

FIXTURE_SETUP(device)
{
	DF_REQUIRE(df_dev_open(&self->dev));
	DF_REQUIRE(df_devdax_init(&self->d, DF_PMD));
	self->map = mmap(NULL, DF_PMD, PROT_READ | PROT_WRITE, MAP_SHARED, self->d.fd, 0);
	ASSERT_NE(MAP_FAILED, self->map);
	self->map[0] = 1;
}

FIXTURE_TEARDOWN(device)
{
	munmap(self->map, DF_PMD);
	df_devdax_done(&self->d);
	close(self->dev);
}

TEST_F(device, mapped_page_is_described)
{
	struct daxwake_page first, last;
	struct daxwake_info info;
	bool counted;

	ASSERT_EQ(0, __df_info(self->dev, &info));
	counted = info.out_features & DAXWAKE_FEAT_MAP_COUNTED;
	ASSERT_EQ(0, look_at_pinned(self->dev, self->map, 3, &first, &last));
	EXPECT_EQ(DAXWAKE_PGMAP_GENERIC, first.pgmap);
	EXPECT_EQ(DAXWAKE_LEVEL_PMD, first.level);
	EXPECT_EQ(first.pfn + 511, last.pfn);
	/* one folio on all kernels but those that had none */
	EXPECT_EQ(first.order ? 3 : 1, first.pins);
	EXPECT_EQ(first.order ? 3 : 0, last.pins);
	EXPECT_EQ(counted, first.mapcount);
	EXPECT_EQ(0, first.refs);
	EXPECT_EQ(0, last.refs);

	ASSERT_EQ(0, __df_pages_pfn(self->dev, first.pfn, 1, &first));
	EXPECT_EQ(0, first.pins);
	EXPECT_EQ(info.out_devdax_idle + counted, first.refcount);
}

/* --- a held page that a truncate waits for -------------------------------- */

FIXTURE(sleeper) {
	struct df_world w;
	struct daxwake_info info;
	struct df_task t;
	uint32_t handle;
};

static bool has_waiter(void *arg)
{
	struct df_world *w = arg;
	struct daxwake_waiter wt;
	unsigned int n;

	return !__df_waiters(w->dev, w->file.pfn, &wt, 1, &n) && n && wt.state;
}

FIXTURE_SETUP(sleeper)
{
	DF_REQUIRE(df_world_init(&self->w, "ext4", LEN, DF_PTE));
	ASSERT_EQ(0, __df_info(self->w.dev, &self->info));
	ASSERT_EQ(0, __df_pin(self->w.dev, self->w.file.map, DF_PTE, DAXWAKE_PIN_WRITE,
			      &self->handle));
	ASSERT_EQ(0, df_task_start(&self->t, "truncate", df_trigger_truncate.run,
				   &self->w.file, NULL));
	ASSERT_TRUE(df_poll(has_waiter, &self->w, df_deadline()));
}

FIXTURE_TEARDOWN(sleeper)
{
	__df_release(self->w.dev, self->handle, DAXWAKE_UNPIN_USER_PAGE,
		     DAXWAKE_CTX_CALLER, 0, DF_ALL);
	EXPECT_EQ(0, __df_task_join(&self->t, df_deadline()));
	DF_WORLD_DONE(&self->w);
}

TEST_F(sleeper, waiter_is_named)
{
	unsigned char buf[2][sizeof(struct daxwake_waiter) + 8];
	struct daxwake_waiters req = {
		.size = sizeof(req), .pfn = self->w.file.pfn, .max = 2,
		.entry_size = sizeof(buf[0]), .waiters = (uintptr_t)buf,
	};
	struct daxwake_waiter wt;
	size_t i;

	memset(buf, 0x5a, sizeof(buf));
	ASSERT_EQ(0, call(self->w.dev, DAXWAKE_IOC_WAITERS, &req));
	EXPECT_EQ(1, req.out_total);
	EXPECT_EQ(1, req.out_filled);
	memcpy(&wt, buf[0], sizeof(wt));
	EXPECT_EQ(self->t.pid, wt.pid);
	EXPECT_EQ(self->info.out_wake_key, wt.key);
	EXPECT_EQ(1, wt.state);
	EXPECT_EQ(0, wt.reserved);
	EXPECT_NE(0, wt.comm[0]);
	for (i = sizeof(wt); i < sizeof(buf[0]); i++)
		EXPECT_EQ(0, buf[0][i]);
	EXPECT_EQ(0x5a, buf[1][0]);
}

TEST_F(sleeper, waiters_are_counted_without_room)
{
	struct daxwake_waiters req = { .size = sizeof(req), .pfn = self->w.file.pfn };

	EXPECT_EQ(0, call(self->w.dev, DAXWAKE_IOC_WAITERS, &req));
	EXPECT_EQ(1, req.out_total);
	EXPECT_EQ(0, req.out_filled);
	/* nobody sleeps on the next page */
	req.pfn++;
	EXPECT_EQ(0, call(self->w.dev, DAXWAKE_IOC_WAITERS, &req));
	EXPECT_EQ(0, req.out_total);
}

TEST_F(sleeper, bad_waiters_are_refused)
{
	struct daxwake_waiter wt;
	struct daxwake_waiters req, good = {
		.size = sizeof(req), .pfn = self->w.file.pfn, .max = 1,
		.entry_size = sizeof(wt), .waiters = (uintptr_t)&wt,
	};

#define REFUSED(errno_, ...) do {					\
	req = good;							\
	__VA_ARGS__;							\
	EXPECT_EQ(errno_, call(self->w.dev, DAXWAKE_IOC_WAITERS, &req))	\
		TH_LOG("with %s", #__VA_ARGS__);			\
} while (0)
	REFUSED(EINVAL, req.entry_size--);
	REFUSED(E2BIG, req.entry_size = getpagesize() + 8);
	REFUSED(E2BIG, req.max = DAXWAKE_MAX_WAITERS + 1);
	REFUSED(EFAULT, req.waiters = 0);
#undef REFUSED
}

static long switches(pid_t pid)
{
	char path[64], line[128];
	long n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "voluntary_ctxt_switches: %ld", &n) == 1)
			break;
	if (f)
		fclose(f);
	return n;
}

struct woken {
	struct df_world *w;
	pid_t pid;
	long before;
};

static bool slept_again(void *arg)
{
	struct woken *k = arg;

	return switches(k->pid) > k->before && has_waiter(k->w);
}

TEST_F(sleeper, rescued_sleeper_looks_and_sleeps_again)
{
	struct daxwake_rescue r = { .size = sizeof(r), .pfn = self->w.file.pfn };
	struct woken k = { &self->w, self->t.pid, switches(self->t.pid) };

	EXPECT_EQ(0, call(self->w.dev, DAXWAKE_IOC_RESCUE, &r));
	EXPECT_EQ(1, r.out_woken);
	EXPECT_TRUE(df_poll(slept_again, &k, df_deadline()));
	EXPECT_FALSE(df_task_done(&self->t));

	r.pfn++;
	EXPECT_EQ(0, call(self->w.dev, DAXWAKE_IOC_RESCUE, &r));
	EXPECT_EQ(0, r.out_woken);
}

DF_HARNESS_MAIN
