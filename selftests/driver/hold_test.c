// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holding pages through /dev/test_daxwake: what PIN takes is held until it is
 * given back, once, by RELEASE, the lease, or the end of the open file, and
 * nothing of it is left then. Counted on the pages of a DAX file.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define NPAGES	4
#define LEN	(NPAGES * DF_PTE)
#define NEVER	DAXWAKE_MAX_DELAY_MS	/* later than any test */

FIXTURE(hold) {
	struct df_world w;
	struct daxwake_info info;
	int dev;		/* of the test; the world's looks on */
	uint32_t handle;	/* of hold_all() */
};

FIXTURE_SETUP(hold)
{
	DF_REQUIRE(df_world_init(&self->w, "ext4", LEN, DF_PTE));
	DF_REQUIRE(df_dev_open(&self->dev));
	ASSERT_EQ(0, __df_info(self->dev, &self->info));
}

FIXTURE_TEARDOWN(hold)
{
	if (self->dev >= 0)
		close(self->dev);
	DF_WORLD_DONE(&self->w);
}

/* 0 or the errno */
static int call(int dev, unsigned long cmd, void *arg)
{
	return ioctl(dev, cmd, arg) ? errno : 0;
}

static int pin_range(int dev, const void *addr, uint64_t length, uint32_t flags)
{
	struct daxwake_pin pin = {
		.size = sizeof(pin),
		.flags = flags,
		.addr = (uintptr_t)addr,
		.length = length,
	};

	return call(dev, DAXWAKE_IOC_PIN, &pin);
}

/* Bit i: page i of the file is held by somebody. */
static unsigned int held(struct df_world *w)
{
	struct daxwake_page page[NPAGES];
	unsigned int i, mask = 0;

	if (__df_pages_pfn(w->dev, w->file.pfn, NPAGES, page))
		return ~0U;
	for (i = 0; i < NPAGES; i++)
		if (page[i].pins || page[i].refs)
			mask |= 1U << i;
	return mask;
}

static bool is_free(void *w)
{
	return !held(w);
}

static struct daxwake_release all_of(uint32_t handle, enum daxwake_how how)
{
	return (struct daxwake_release) {
		.size = sizeof(struct daxwake_release),
		.handle = handle,
		.how = how,
	};
}

#define HOLD_ALL(flags_) do {						\
	ASSERT_EQ(0, __df_pin(self->dev, self->w.file.map, LEN, flags_,	\
			      &self->handle));				\
	ASSERT_NE(0, self->handle);					\
	ASSERT_EQ(0xf, held(&self->w));					\
} while (0)

TEST_F(hold, each_way_of_holding_moves_the_count)
{
	static const uint32_t ways[] = {
		0, DAXWAKE_PIN_WRITE, DAXWAKE_PIN_FAST, DAXWAKE_PIN_GET,
		DAXWAKE_PIN_GET | DAXWAKE_PIN_FAST | DAXWAKE_PIN_WRITE,
	};
	struct daxwake_page page[NPAGES];
	size_t i, k;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		bool get = ways[i] & DAXWAKE_PIN_GET;
		struct daxwake_release rel;

		HOLD_ALL(ways[i]);
		ASSERT_EQ(0, __df_pages_pfn(self->w.dev, self->w.file.pfn, NPAGES, page));
		for (k = 0; k < NPAGES; k++) {
			EXPECT_EQ(!get, page[k].pins);
			EXPECT_EQ(get, page[k].refs);
		}
		rel = all_of(self->handle, get ? DAXWAKE_PUT_PAGE : DAXWAKE_UNPIN_USER_PAGE);
		EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
		EXPECT_EQ(NPAGES, rel.out_released);
		EXPECT_EQ(0, held(&self->w));
	}
}

TEST_F(hold, ram_can_be_held_for_long)
{
	void *ram = mmap(NULL, LEN, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, ram);
	EXPECT_EQ(0, pin_range(self->dev, ram, LEN, DAXWAKE_PIN_LONGTERM | DAXWAKE_PIN_WRITE));
	EXPECT_EQ(0, pin_range(self->dev, ram, LEN, DAXWAKE_PIN_LONGTERM | DAXWAKE_PIN_FAST));
}

/* The flag allows, and asks for nothing: where there is none all else is as ever. */
TEST_F(hold, pages_of_a_pci_device_may_be_among_them)
{
	bool known = self->info.out_features & DAXWAKE_FEAT_PIN_P2PDMA;

	EXPECT_EQ(known ? 0 : EOPNOTSUPP,
		  pin_range(self->dev, self->w.file.map, LEN,
			    DAXWAKE_PIN_P2PDMA | DAXWAKE_PIN_WRITE));
	EXPECT_EQ(known ? 0xf : 0, held(&self->w));
}

TEST_F(hold, bad_pins_are_refused)
{
	char *map = self->w.file.map;
	struct daxwake_pin pin = {
		.size = sizeof(pin), .addr = (uintptr_t)map, .length = LEN,
	};

	EXPECT_EQ(EINVAL, pin_range(self->dev, map, 0, 0));
	EXPECT_EQ(EINVAL, pin_range(self->dev, map + 1, DF_PTE, 0));
	EXPECT_EQ(EINVAL, pin_range(self->dev, map, DF_PTE + 8, 0));
	EXPECT_EQ(EINVAL, pin_range(self->dev, map, LEN, DAXWAKE_PIN_GET | DAXWAKE_PIN_LONGTERM));
	EXPECT_EQ(EINVAL, pin_range(self->dev, map, LEN,
				    DAXWAKE_PIN_P2PDMA | DAXWAKE_PIN_LONGTERM));
	EXPECT_EQ(EFAULT, pin_range(self->dev, NULL, LEN, 0));
	EXPECT_EQ(EFAULT, pin_range(self->dev, NULL, LEN, DAXWAKE_PIN_FAST));
	EXPECT_EQ(EFAULT, pin_range(self->dev, (void *)-DF_PTE, 2 * DF_PTE, 0));
	EXPECT_EQ(E2BIG, pin_range(self->dev, map, (DAXWAKE_MAX_PIN_PAGES + 1) * DF_PTE, 0));
	EXPECT_EQ(E2BIG, pin_range(self->dev, map, 1ULL << 63, 0));

	pin.pid = -1;
	EXPECT_EQ(EINVAL, call(self->dev, DAXWAKE_IOC_PIN, &pin));
	pin.pid = getpid();
	pin.flags = DAXWAKE_PIN_FAST;
	EXPECT_EQ(EINVAL, call(self->dev, DAXWAKE_IOC_PIN, &pin));
	pin.pid = 0;
	pin.lease_ms = DAXWAKE_MAX_DELAY_MS + 1;
	EXPECT_EQ(E2BIG, call(self->dev, DAXWAKE_IOC_PIN, &pin));
	EXPECT_EQ(0, held(&self->w));
}

TEST_F(hold, part_of_a_range_is_not_held)
{
	char *map = self->w.file.map;

	ASSERT_EQ(0, munmap(map + 2 * DF_PTE, 2 * DF_PTE));
	EXPECT_EQ(EFAULT, pin_range(self->dev, map, LEN, DAXWAKE_PIN_WRITE));
	EXPECT_EQ(0, held(&self->w));
	EXPECT_EQ(EFAULT, pin_range(self->dev, map, LEN, DAXWAKE_PIN_FAST | DAXWAKE_PIN_GET));
	EXPECT_EQ(0, held(&self->w));
}

static int sit(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return 0;
}

TEST_F(hold, memory_of_another_process_is_held)
{
	struct daxwake_pin pin = {
		.size = sizeof(pin), .length = DF_PTE, .flags = DAXWAKE_PIN_WRITE,
	};
	struct daxwake_release rel;
	struct df_task t;
	char *ram = mmap(NULL, DF_PTE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, ram);
	*ram = 1;
	ASSERT_EQ(0, df_task_start(&t, "sit", sit, NULL, NULL));
	pin.addr = (uintptr_t)ram;
	pin.pid = t.pid;
	EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_PIN, &pin));
	rel = all_of(pin.out_handle, DAXWAKE_UNPIN_USER_PAGES);
	EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	pin.flags |= DAXWAKE_PIN_GET;
	EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_PIN, &pin));

	ASSERT_EQ(0, __df_task_kill(&t));
	EXPECT_EQ(ESRCH, call(self->dev, DAXWAKE_IOC_PIN, &pin));
}

/* Every function, from every context where it can run. */
TEST_F(hold, each_release_gives_all_back)
{
	unsigned int how, ctx, flags;

	for (how = 0; how < DAXWAKE_HOW_COUNT; how++) {
		flags = how >= DAXWAKE_PUT_PAGE ? DAXWAKE_PIN_GET : 0;
		for (ctx = 0; ctx < DAXWAKE_CTX_COUNT; ctx++) {
			struct daxwake_release rel;
			int ret, expected = 0;

			if (!(self->info.out_releases & 1ULL << how))
				expected = EOPNOTSUPP;
			if (ctx == DAXWAKE_CTX_SOFTIRQ &&
			    (how == DAXWAKE_UNPIN_USER_PAGES_DIRTY_LOCK ||
			     how == DAXWAKE_UNPIN_USER_PAGE_RANGE_DIRTY_LOCK))
				expected = EOPNOTSUPP;

			HOLD_ALL(flags);
			rel = all_of(self->handle, how);
			rel.context = ctx;
			ret = call(self->dev, DAXWAKE_IOC_RELEASE, &rel);
			EXPECT_EQ(expected, ret)
				TH_LOG("%s from %s", df_how_name(how), df_context_name(ctx));
			EXPECT_EQ(ret ? 0 : NPAGES, rel.out_released);
			EXPECT_EQ(ret ? 0xf : 0, held(&self->w))
				TH_LOG("%s from %s", df_how_name(how), df_context_name(ctx));
			if (!ret)
				continue;
			rel = all_of(self->handle, flags ? DAXWAKE_PUT_PAGE :
				     DAXWAKE_UNPIN_USER_PAGES);
			ASSERT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
		}
	}
}

TEST_F(hold, bad_releases_are_refused)
{
	struct daxwake_release rel, good;

	HOLD_ALL(DAXWAKE_PIN_WRITE);
	good = all_of(self->handle, DAXWAKE_UNPIN_USER_PAGE);
#define REFUSED(errno_, ...) do {					\
	rel = good;							\
	__VA_ARGS__;							\
	EXPECT_EQ(errno_, call(self->dev, DAXWAKE_IOC_RELEASE, &rel))	\
		TH_LOG("with %s", #__VA_ARGS__);			\
} while (0)
	REFUSED(ENOENT, rel.handle = 0);
	REFUSED(ENOENT, rel.handle++);
	REFUSED(EINVAL, rel.how = DAXWAKE_HOW_COUNT);
	REFUSED(EINVAL, rel.how = DAXWAKE_PUT_PAGE);
	REFUSED(EINVAL, rel.context = DAXWAKE_CTX_COUNT);
	REFUSED(EINVAL, rel.delay_ms = 1);
	REFUSED(EINVAL, rel.flags = DAXWAKE_RELEASE_ASYNC);
	REFUSED(E2BIG, rel.flags = DAXWAKE_RELEASE_ASYNC; rel.context = DAXWAKE_CTX_SOFTIRQ;
		rel.delay_ms = DAXWAKE_MAX_DELAY_MS + 1);
	REFUSED(ERANGE, rel.first = NPAGES);
	REFUSED(ERANGE, rel.npages = NPAGES + 1);
	REFUSED(ERANGE, rel.first = 1; rel.npages = NPAGES);
	REFUSED(ERANGE, rel.first = 1; rel.npages = UINT32_MAX);
	/* as long as there are struct pages they are not forgotten */
	REFUSED(EBUSY, rel.flags = DAXWAKE_RELEASE_FORGET; rel.how = 0);
	REFUSED(ENOENT, rel.flags = DAXWAKE_RELEASE_FORGET; rel.how = 0; rel.handle++);
	REFUSED(EINVAL, rel.flags = DAXWAKE_RELEASE_FORGET; rel.how = DAXWAKE_UNPIN_USER_PAGES);
	REFUSED(EINVAL, rel.flags = DAXWAKE_RELEASE_FORGET; rel.how = 0; rel.npages = 1);
	REFUSED(EINVAL, rel.how = 0;
		rel.flags = DAXWAKE_RELEASE_FORGET | DAXWAKE_RELEASE_ASYNC);
	REFUSED(EINVAL, rel.how = 0; rel.flags = DAXWAKE_RELEASE_FORGET | DAXWAKE_RELEASE_MEND);
	REFUSED(EINVAL, rel.flags = DAXWAKE_RELEASE_MEND; rel.how = DAXWAKE_PUT_PAGE);
	REFUSED(EINVAL, rel.flags = DAXWAKE_RELEASE_MEND; rel.npages = 1);
	REFUSED(EINVAL, rel.flags = DAXWAKE_RELEASE_MEND; rel.first = 1);
	REFUSED(EINVAL, rel.flags = DAXWAKE_RELEASE_MEND; rel.context = DAXWAKE_CTX_OTHER_CPU);
	REFUSED(EINVAL, rel.flags = DAXWAKE_RELEASE_MEND | DAXWAKE_RELEASE_ASYNC;
		rel.context = DAXWAKE_CTX_WORKQUEUE);
#undef REFUSED
	EXPECT_EQ(0xf, held(&self->w));
}

/* What it does to pins that were leaked is seen where a kernel leaks some: vfio_test. */
TEST_F(hold, mending_leaves_other_references_alone)
{
	struct daxwake_release rel;
	uint32_t got;

	ASSERT_EQ(0, __df_pin(self->w.dev, self->w.file.map, DF_PTE, DAXWAKE_PIN_GET, &got));
	HOLD_ALL(DAXWAKE_PIN_WRITE);
	rel = all_of(self->handle, DAXWAKE_UNPIN_USER_PAGES);
	rel.flags = DAXWAKE_RELEASE_MEND;
	EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	EXPECT_EQ(NPAGES, rel.out_released);
	EXPECT_EQ(0x1, held(&self->w));
	EXPECT_EQ(ENOENT, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
}

TEST_F(hold, page_is_given_back_only_once)
{
	struct daxwake_release rel;

	HOLD_ALL(DAXWAKE_PIN_WRITE);
	rel = all_of(self->handle, DAXWAKE_UNPIN_USER_PAGE);
	rel.first = 1;
	rel.npages = 2;
	EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	EXPECT_EQ(2, rel.out_released);
	EXPECT_EQ(0x9, held(&self->w));
	EXPECT_EQ(EALREADY, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	rel.first = 2;
	EXPECT_EQ(EALREADY, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	rel.first = 0;
	rel.npages = 0;
	EXPECT_EQ(EALREADY, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	EXPECT_EQ(0x9, held(&self->w));

	rel.npages = 1;
	EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	EXPECT_EQ(0x8, held(&self->w));
	rel.first = 3;
	rel.npages = 0;
	EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	EXPECT_EQ(0, held(&self->w));
	/* with the last page the handle is gone */
	EXPECT_EQ(ENOENT, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
}

TEST_F(hold, stale_handle_does_not_name_another)
{
	struct daxwake_release rel;
	uint32_t second;

	HOLD_ALL(0);
	rel = all_of(self->handle, DAXWAKE_UNPIN_USER_PAGES);
	ASSERT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	ASSERT_EQ(0, __df_pin(self->dev, self->w.file.map, LEN, 0, &second));
	EXPECT_NE(self->handle, second);
	EXPECT_EQ(ENOENT, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
}

TEST_F(hold, delayed_release_owns_the_handle)
{
	struct daxwake_write_late late = { .size = sizeof(late) };
	struct daxwake_release rel;
	unsigned int ctx;

	for (ctx = DAXWAKE_CTX_OTHER_CPU; ctx < DAXWAKE_CTX_COUNT; ctx++) {
		HOLD_ALL(DAXWAKE_PIN_WRITE);
		rel = all_of(self->handle, DAXWAKE_UNPIN_USER_PAGES);
		rel.flags = DAXWAKE_RELEASE_ASYNC;
		rel.context = ctx;
		rel.delay_ms = 50;
		EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
		EXPECT_EQ(0, rel.out_released);
		late.handle = self->handle;
		EXPECT_EQ(EBUSY, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
		EXPECT_EQ(EBUSY, call(self->dev, DAXWAKE_IOC_WRITE_LATE, &late));
		EXPECT_EQ(0xf, held(&self->w));
		EXPECT_TRUE(df_poll(is_free, &self->w, df_deadline()))
			TH_LOG("not given back from %s", df_context_name(ctx));
	}
}

TEST_F(hold, handles_run_out)
{
	struct daxwake_pin pin = {
		.size = sizeof(pin), .addr = (uintptr_t)self->w.file.map, .length = DF_PTE,
	};
	struct daxwake_release rel;
	int i;

	for (i = 0; i < DAXWAKE_MAX_HANDLES; i++)
		ASSERT_EQ(0, call(self->dev, DAXWAKE_IOC_PIN, &pin));
	rel = all_of(pin.out_handle, DAXWAKE_UNPIN_USER_PAGE);
	EXPECT_EQ(E2BIG, call(self->dev, DAXWAKE_IOC_PIN, &pin));
	/* the limit is one of this open file */
	EXPECT_EQ(0, call(self->w.dev, DAXWAKE_IOC_PIN, &pin));
	EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_PIN, &pin));
	EXPECT_EQ(E2BIG, call(self->dev, DAXWAKE_IOC_PIN, &pin));
}

TEST_F(hold, handle_belongs_to_one_open_file)
{
	struct daxwake_release rel;

	HOLD_ALL(0);
	rel = all_of(self->handle, DAXWAKE_UNPIN_USER_PAGES);
	EXPECT_EQ(ENOENT, call(self->w.dev, DAXWAKE_IOC_RELEASE, &rel));
	EXPECT_EQ(0xf, held(&self->w));
}

TEST_F(hold, last_close_gives_all_back)
{
	struct daxwake_release rel;
	int twin;

	HOLD_ALL(DAXWAKE_PIN_WRITE);
	rel = all_of(self->handle, DAXWAKE_UNPIN_USER_PAGE);
	rel.first = 2;
	ASSERT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	ASSERT_EQ(0, pin_range(self->dev, self->w.file.map, LEN, DAXWAKE_PIN_GET));
	twin = dup(self->dev);
	ASSERT_LE(0, twin);
	close(self->dev);
	self->dev = -1;
	EXPECT_EQ(0xf, held(&self->w));
	close(twin);
	EXPECT_EQ(0, held(&self->w));
}

TEST_F(hold, close_cancels_what_is_delayed)
{
	struct daxwake_write_late late = {
		.size = sizeof(late), .pattern = 0xee, .delay_ms = NEVER,
	};
	struct daxwake_release rel;
	unsigned int ctx;
	double start = df_now();

	for (ctx = DAXWAKE_CTX_OTHER_CPU; ctx < DAXWAKE_CTX_COUNT; ctx++) {
		HOLD_ALL(DAXWAKE_PIN_WRITE);
		rel = all_of(self->handle, DAXWAKE_UNPIN_USER_PAGES);
		rel.flags = DAXWAKE_RELEASE_ASYNC;
		rel.context = ctx;
		rel.delay_ms = NEVER;
		ASSERT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
		close(self->dev);
		EXPECT_EQ(0, held(&self->w));
		ASSERT_EQ(0, df_dev_open(&self->dev));
	}
	HOLD_ALL(DAXWAKE_PIN_WRITE);
	late.handle = self->handle;
	ASSERT_EQ(0, call(self->dev, DAXWAKE_IOC_WRITE_LATE, &late));
	close(self->dev);
	self->dev = -1;
	EXPECT_EQ(0, held(&self->w));
	EXPECT_GT(NEVER / 2, df_now() - start);
}

struct owner {
	int dev;
	char *map;
};

/* The file's own mapping is not inherited: it needs one of itself. */
static int hold_and_sit(void *arg)
{
	struct owner *o = arg;
	uint32_t handle;

	if (__df_pin(o->dev, o->map, LEN, DAXWAKE_PIN_WRITE, &handle))
		return -EIO;
	return sit(NULL);
}

static bool is_held(void *w)
{
	return held(w) == 0xf;
}

TEST_F(hold, killed_owner_holds_nothing)
{
	struct owner o = { .dev = self->dev };
	int keep[] = { self->dev, -1 };
	struct df_task t;

	/* a second mapping, which the child gets */
	o.map = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, self->w.file.fd, 0);
	ASSERT_NE(MAP_FAILED, o.map);
	ASSERT_EQ(0, df_task_start(&t, "owner", hold_and_sit, &o, keep));
	close(self->dev);
	self->dev = -1;
	EXPECT_TRUE(df_poll(is_held, &self->w, df_deadline()));
	EXPECT_EQ(0, __df_task_kill(&t));
	EXPECT_TRUE(df_poll(is_free, &self->w, df_deadline()));
	munmap(o.map, LEN);
}

TEST_F(hold, lease_gives_back_by_itself)
{
	struct daxwake_pin pin = {
		.size = sizeof(pin), .addr = (uintptr_t)self->w.file.map, .length = LEN,
		.lease_ms = 50,
	};
	struct daxwake_release rel;

	/* also with a release pending that is later than the lease */
	ASSERT_EQ(0, call(self->dev, DAXWAKE_IOC_PIN, &pin));
	EXPECT_EQ(0xf, held(&self->w));
	rel = all_of(pin.out_handle, DAXWAKE_UNPIN_USER_PAGES);
	rel.flags = DAXWAKE_RELEASE_ASYNC;
	rel.context = DAXWAKE_CTX_SOFTIRQ;
	rel.delay_ms = NEVER;
	ASSERT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	EXPECT_TRUE(df_poll(is_free, &self->w, df_deadline()));

	ASSERT_EQ(0, call(self->dev, DAXWAKE_IOC_PIN, &pin));
	EXPECT_TRUE(df_poll(is_free, &self->w, df_deadline()));
	rel = all_of(pin.out_handle, DAXWAKE_UNPIN_USER_PAGES);
	EXPECT_EQ(ENOENT, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));

	/* a release in time leaves nothing for the lease to do */
	pin.lease_ms = NEVER;
	ASSERT_EQ(0, call(self->dev, DAXWAKE_IOC_PIN, &pin));
	rel.handle = pin.out_handle;
	EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	EXPECT_EQ(0, held(&self->w));
}

static bool is_written(void *map)
{
	return *(volatile unsigned char *)map == 0xa5;
}

TEST_F(hold, late_write_reaches_the_held_pages)
{
	unsigned char *map = (unsigned char *)self->w.file.map;
	struct daxwake_write_late late = {
		.size = sizeof(late), .first = 1, .npages = 2, .pattern = 0xa5,
		.flags = DAXWAKE_WRITE_WAIT,
	};
	struct daxwake_release rel;

	HOLD_ALL(DAXWAKE_PIN_WRITE);
	late.handle = self->handle;
	EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_WRITE_LATE, &late));
	EXPECT_EQ(2, late.out_npages);
	EXPECT_EQ(df_file_byte(DF_PTE - 1), map[DF_PTE - 1]);
	EXPECT_EQ(0xa5, map[DF_PTE]);
	EXPECT_EQ(0xa5, map[3 * DF_PTE - 1]);
	EXPECT_EQ(df_file_byte(3 * DF_PTE), map[3 * DF_PTE]);

	late.first = 0;
	late.npages = 1;
	late.flags = 0;
	late.delay_ms = 50;
	rel = all_of(self->handle, DAXWAKE_UNPIN_USER_PAGES);
	EXPECT_EQ(0, call(self->dev, DAXWAKE_IOC_WRITE_LATE, &late));
	EXPECT_EQ(0, late.out_npages);
	EXPECT_EQ(EBUSY, call(self->dev, DAXWAKE_IOC_WRITE_LATE, &late));
	EXPECT_EQ(EBUSY, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
	EXPECT_TRUE(df_poll(is_written, map, df_deadline()));
	/* it holds nothing itself */
	EXPECT_EQ(0xf, held(&self->w));
}

TEST_F(hold, bad_late_writes_are_refused)
{
	struct daxwake_write_late late, good = { .size = sizeof(good) };
	struct daxwake_release rel;

	HOLD_ALL(DAXWAKE_PIN_WRITE);
	good.handle = self->handle;
	rel = all_of(self->handle, DAXWAKE_UNPIN_USER_PAGE);
	rel.npages = 1;
	ASSERT_EQ(0, call(self->dev, DAXWAKE_IOC_RELEASE, &rel));
#define REFUSED(errno_, ...) do {					\
	late = good;							\
	__VA_ARGS__;							\
	EXPECT_EQ(errno_, call(self->dev, DAXWAKE_IOC_WRITE_LATE, &late)) \
		TH_LOG("with %s", #__VA_ARGS__);			\
} while (0)
	REFUSED(ENOENT, late.handle++);
	REFUSED(EALREADY, late.npages = 1);
	REFUSED(ERANGE, late.first = NPAGES);
	REFUSED(ERANGE, late.first = 1; late.npages = NPAGES);
	REFUSED(EINVAL, late.first = 1; late.pattern = 256);
	REFUSED(E2BIG, late.first = 1; late.delay_ms = DAXWAKE_MAX_DELAY_MS + 1);
#undef REFUSED
}

DF_HARNESS_MAIN
