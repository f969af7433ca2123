// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breaking the kernel through /dev/test_daxwake: each fault happens, to the
 * page it was meant for and as often as was asked, is counted, and is undone
 * by DISARM, by close, and by the end of its owner. STALL is in stall_test.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"

#define NPAGES	4
#define LEN	(NPAGES * DF_PTE)
#define ALL_INJECTS	((1ULL << DAXWAKE_INJECT_COUNT) - 1)
#define NO_PROBES	"this kernel cannot be probed (set CONFIG_KPROBES and CONFIG_KRETPROBES)"

FIXTURE(inject) {
	struct df_world w;
	struct daxwake_info info;
	int dev;		/* arms; the world's holds and looks on */
};

FIXTURE_SETUP(inject)
{
	DF_REQUIRE(df_world_init(&self->w, "ext4", LEN, DF_PTE));
	DF_REQUIRE(df_dev_open(&self->dev));
	ASSERT_EQ(0, __df_info(self->dev, &self->info));
	if (self->info.out_injects != ALL_INJECTS)
		DF_REQUIRE(df_lacks(NO_PROBES));
}

FIXTURE_TEARDOWN(inject)
{
	close(self->dev);
	DF_WORLD_DONE(&self->w);
}

static const enum daxwake_what armed[] = {
	DAXWAKE_INJECT_SWALLOW_WAKE, DAXWAKE_INJECT_HIDE_BUSY, DAXWAKE_INJECT_LEAK_REF,
	DAXWAKE_INJECT_STALL,
};

#define NARMED	(sizeof(armed) / sizeof(armed[0]))

/* 0 or the errno; @fired may be NULL */
static int inject(int dev, enum daxwake_inject_op op, enum daxwake_what what,
		  uint64_t pfn, uint32_t count, uint32_t *fired)
{
	struct daxwake_inject arg = {
		.size = sizeof(arg), .op = op, .what = what, .pfn = pfn, .count = count,
	};
	int ret = ioctl(dev, DAXWAKE_IOC_INJECT, &arg) ? errno : 0;

	if (fired)
		*fired = arg.out_fired;
	return ret;
}

static int arm(int dev, enum daxwake_what what, uint64_t pfn, uint32_t count)
{
	return inject(dev, DAXWAKE_INJECT_ARM, what, pfn, count, NULL);
}

/* UINT32_MAX: the call failed */
static uint32_t fired(int dev, enum daxwake_what what)
{
	uint32_t n;

	return inject(dev, DAXWAKE_INJECT_QUERY, what, 0, 0, &n) ? UINT32_MAX : n;
}

static uint32_t disarm(int dev, enum daxwake_what what)
{
	uint32_t n;

	return inject(dev, DAXWAKE_INJECT_DISARM, what, 0, 0, &n) ? UINT32_MAX : n;
}

/* References of the page at offset @i that are no pins; -1000: cannot look. */
static int refs(struct df_world *w, unsigned int i)
{
	struct daxwake_page pg;

	return __df_pages_pfn(w->dev, w->file.pfn + i, 1, &pg) ? -1000 : pg.refs;
}

/* Hold the page at offset @i and give it back. */
static int hold_once(struct df_world *w, unsigned int i, uint32_t flags, enum daxwake_how how)
{
	uint32_t handle;
	int ret = __df_pin(w->dev, w->file.map + i * DF_PTE, DF_PTE, flags, &handle);

	return ret ?: __df_release(w->dev, handle, how, DAXWAKE_CTX_CALLER, 0, DF_ALL);
}

TEST_F(inject, bad_injections_are_refused)
{
	uint64_t pfn = self->w.file.pfn;
	struct daxwake_page pg;
	char *ram = mmap(NULL, DF_PTE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	ASSERT_NE(MAP_FAILED, ram);
	*ram = 1;
	ASSERT_EQ(0, __df_pages_at(self->dev, ram, 1, &pg));
	for (i = 0; i < NARMED; i++) {
		EXPECT_EQ(ENXIO, arm(self->dev, armed[i], pg.pfn, 1));
		EXPECT_EQ(ENXIO, arm(self->dev, armed[i], 0, 1));
		EXPECT_EQ(ENXIO, arm(self->dev, armed[i], ~0ULL, 1));
		EXPECT_EQ(EINVAL, arm(self->dev, armed[i], pfn, 0));
		EXPECT_EQ(EINVAL, arm(self->dev, armed[i], pfn, 1001));
	}
	EXPECT_EQ(EINVAL, arm(self->dev, DAXWAKE_INJECT_SPLAT, pfn, 1));
	/* only for the driver's own pages and a PCI device's */
	EXPECT_EQ(EINVAL, arm(self->dev, DAXWAKE_INJECT_DROP_REF, pfn, 1));
	EXPECT_EQ(EINVAL, arm(self->dev, DAXWAKE_INJECT_FREE_TWICE, pfn, 1));
	EXPECT_EQ(EINVAL, arm(self->dev, DAXWAKE_INJECT_COUNT, pfn, 1));
	EXPECT_EQ(EINVAL, inject(self->dev, DAXWAKE_INJECT_DISARM + 1,
				 DAXWAKE_INJECT_LEAK_REF, pfn, 1, NULL));
}

TEST_F(inject, fault_has_one_owner)
{
	uint64_t pfn = self->w.file.pfn;
	size_t i;

	for (i = 0; i < NARMED; i++) {
		ASSERT_EQ(0, arm(self->dev, armed[i], pfn, 1));
		EXPECT_EQ(EBUSY, arm(self->dev, armed[i], pfn, 1));
		EXPECT_EQ(EBUSY, arm(self->w.dev, armed[i], pfn + 1, 1));
		/* another can neither see nor undo it */
		EXPECT_EQ(0, fired(self->w.dev, armed[i]));
		EXPECT_EQ(0, disarm(self->w.dev, armed[i]));
		EXPECT_EQ(EBUSY, arm(self->w.dev, armed[i], pfn, 1));
		EXPECT_EQ(0, disarm(self->dev, armed[i]));
		EXPECT_EQ(0, disarm(self->dev, armed[i]));
		EXPECT_EQ(0, arm(self->w.dev, armed[i], pfn, 1));
		EXPECT_EQ(0, disarm(self->w.dev, armed[i]));
	}
	/* different ones do not get into each other's way */
	for (i = 0; i < NARMED; i++)
		EXPECT_EQ(0, arm(self->dev, armed[i], pfn, 1));
	close(self->dev);
	self->dev = -1;
	ASSERT_EQ(0, df_dev_open(&self->dev));
	for (i = 0; i < NARMED; i++)
		EXPECT_EQ(0, arm(self->dev, armed[i], pfn, 1));
}

TEST_F(inject, splat_is_once_and_at_once)
{
	char line[256];
	uint32_t n = 0;

	ASSERT_EQ(0, __df_kmsg_splat(line, sizeof(line)));
	EXPECT_EQ(0, inject(self->dev, DAXWAKE_INJECT_ARM, DAXWAKE_INJECT_SPLAT, 0, 1, &n));
	EXPECT_EQ(1, n);
	EXPECT_EQ(1, __df_kmsg_splat(line, sizeof(line)));
	EXPECT_EQ(0, fired(self->dev, DAXWAKE_INJECT_SPLAT));
	EXPECT_EQ(0, disarm(self->dev, DAXWAKE_INJECT_SPLAT));
	/* and again */
	EXPECT_EQ(0, inject(self->dev, DAXWAKE_INJECT_ARM, DAXWAKE_INJECT_SPLAT, 0, 1, &n));
	EXPECT_EQ(1, n);
	EXPECT_EQ(0, df_kmsg_init());
}

/* --- LEAK_REF ------------------------------------------------------------- */

TEST_F(inject, kept_reference_is_given_back)
{
	unsigned int how;

	for (how = 0; how < DAXWAKE_HOW_COUNT; how++) {
		uint32_t flags = how >= DAXWAKE_PUT_PAGE ? DAXWAKE_PIN_GET : 0;

		if (!(self->info.out_releases & 1ULL << how))
			continue;
		ASSERT_EQ(0, arm(self->dev, DAXWAKE_INJECT_LEAK_REF, self->w.file.pfn, 1));
		ASSERT_EQ(0, hold_once(&self->w, 0, flags, how));
		EXPECT_EQ(1, refs(&self->w, 0)) TH_LOG("by %s", df_how_name(how));
		EXPECT_EQ(1, fired(self->dev, DAXWAKE_INJECT_LEAK_REF))
			TH_LOG("by %s", df_how_name(how));
		/* spent */
		ASSERT_EQ(0, hold_once(&self->w, 0, flags, how));
		EXPECT_EQ(1, refs(&self->w, 0)) TH_LOG("by %s", df_how_name(how));
		EXPECT_EQ(1, disarm(self->dev, DAXWAKE_INJECT_LEAK_REF));
		EXPECT_EQ(0, refs(&self->w, 0)) TH_LOG("by %s", df_how_name(how));
	}
}

TEST_F(inject, each_kept_reference_is_counted)
{
	int i;

	ASSERT_EQ(0, arm(self->dev, DAXWAKE_INJECT_LEAK_REF, self->w.file.pfn, 1000));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, hold_once(&self->w, 0, 0, DAXWAKE_UNPIN_USER_PAGE));
		/* another page is not touched */
		ASSERT_EQ(0, hold_once(&self->w, 1, 0, DAXWAKE_UNPIN_USER_PAGE));
	}
	EXPECT_EQ(5, refs(&self->w, 0));
	EXPECT_EQ(0, refs(&self->w, 1));
	EXPECT_EQ(5, fired(self->dev, DAXWAKE_INJECT_LEAK_REF));
	close(self->dev);
	self->dev = -1;
	EXPECT_EQ(0, refs(&self->w, 0));
	ASSERT_EQ(0, df_dev_open(&self->dev));
}

/* --- with a truncate that waits -------------------------------------------- */

static bool has_waiter(void *arg)
{
	struct df_world *w = arg;
	struct daxwake_waiter wt;
	unsigned int n;

	return !__df_waiters(w->dev, w->file.pfn, &wt, 1, &n) && n && wt.state;
}

FIXTURE(broken) {
	struct df_world w;
	int dev;		/* arms */
	struct df_task t;	/* a truncate that waits for page 0 */
	uint32_t handle;	/* of page 0 */
};

FIXTURE_SETUP(broken)
{
	struct daxwake_info info;

	DF_REQUIRE(df_world_init(&self->w, "ext4", LEN, DF_PTE));
	DF_REQUIRE(df_dev_open(&self->dev));
	ASSERT_EQ(0, __df_info(self->dev, &info));
	if (info.out_injects != ALL_INJECTS)
		DF_REQUIRE(df_lacks(NO_PROBES));
	ASSERT_EQ(0, __df_pin(self->w.dev, self->w.file.map, DF_PTE, DAXWAKE_PIN_WRITE,
			      &self->handle));
}

FIXTURE_TEARDOWN(broken)
{
	close(self->dev);
	DF_WORLD_DONE(&self->w);
}

#define START_TRUNCATE() ASSERT_EQ(0, df_task_start(&self->t, "truncate",	\
	df_trigger_truncate.run, &self->w.file, NULL))

#define GIVE_BACK() ASSERT_EQ(0, __df_release(self->w.dev, self->handle, \
	DAXWAKE_UNPIN_USER_PAGE, DAXWAKE_CTX_CALLER, 0, DF_ALL))

TEST_F(broken, swallowed_wake_is_made_up_for_by_disarm)
{
	START_TRUNCATE();
	ASSERT_TRUE(df_poll(has_waiter, &self->w, df_deadline()));
	ASSERT_EQ(0, arm(self->dev, DAXWAKE_INJECT_SWALLOW_WAKE, self->w.file.pfn, 1));
	GIVE_BACK();
	EXPECT_EQ(1, fired(self->dev, DAXWAKE_INJECT_SWALLOW_WAKE));
	EXPECT_EQ(-ETIMEDOUT, __df_task_join(&self->t, df_settle()));
	EXPECT_TRUE(has_waiter(&self->w));
	EXPECT_EQ(1, disarm(self->dev, DAXWAKE_INJECT_SWALLOW_WAKE));
	EXPECT_EQ(0, __df_task_join(&self->t, df_deadline()));
}

TEST_F(broken, swallowed_wake_is_made_up_for_by_close)
{
	START_TRUNCATE();
	ASSERT_TRUE(df_poll(has_waiter, &self->w, df_deadline()));
	ASSERT_EQ(0, arm(self->dev, DAXWAKE_INJECT_SWALLOW_WAKE, self->w.file.pfn, 1000));
	GIVE_BACK();
	EXPECT_EQ(-ETIMEDOUT, __df_task_join(&self->t, df_settle()));
	close(self->dev);
	self->dev = -1;
	EXPECT_EQ(0, __df_task_join(&self->t, df_deadline()));
}

TEST_F(broken, rescue_is_not_swallowed)
{
	unsigned int woken;

	START_TRUNCATE();
	ASSERT_TRUE(df_poll(has_waiter, &self->w, df_deadline()));
	ASSERT_EQ(0, arm(self->dev, DAXWAKE_INJECT_SWALLOW_WAKE, self->w.file.pfn, 1000));
	GIVE_BACK();
	EXPECT_EQ(-ETIMEDOUT, __df_task_join(&self->t, df_settle()));
	EXPECT_EQ(0, __df_rescue(self->w.dev, self->w.file.pfn, &woken));
	EXPECT_EQ(1, woken);
	EXPECT_EQ(0, __df_task_join(&self->t, df_deadline()));
}

TEST_F(broken, wake_of_another_page_is_not_swallowed)
{
	START_TRUNCATE();
	ASSERT_TRUE(df_poll(has_waiter, &self->w, df_deadline()));
	ASSERT_EQ(0, arm(self->dev, DAXWAKE_INJECT_SWALLOW_WAKE, self->w.file.pfn + 1, 1000));
	GIVE_BACK();
	EXPECT_EQ(0, __df_task_join(&self->t, df_deadline()));
}

TEST_F(broken, reference_given_back_by_disarm_wakes)
{
	START_TRUNCATE();
	ASSERT_TRUE(df_poll(has_waiter, &self->w, df_deadline()));
	ASSERT_EQ(0, arm(self->dev, DAXWAKE_INJECT_LEAK_REF, self->w.file.pfn, 1));
	GIVE_BACK();
	EXPECT_EQ(-ETIMEDOUT, __df_task_join(&self->t, df_settle()));
	EXPECT_EQ(1, refs(&self->w, 0));
	EXPECT_EQ(1, disarm(self->dev, DAXWAKE_INJECT_LEAK_REF));
	EXPECT_EQ(0, __df_task_join(&self->t, df_deadline()));
}

/* The kernel warns here, and is right. */
TEST_F(broken, hidden_page_is_not_waited_for)
{
	ASSERT_EQ(0, arm(self->dev, DAXWAKE_INJECT_HIDE_BUSY, self->w.file.pfn, 1));
	START_TRUNCATE();
	EXPECT_EQ(0, __df_task_join(&self->t, df_deadline()));
	EXPECT_EQ(1, fired(self->dev, DAXWAKE_INJECT_HIDE_BUSY));
	GIVE_BACK();
	EXPECT_EQ(1, disarm(self->dev, DAXWAKE_INJECT_HIDE_BUSY));
	EXPECT_EQ(0, df_kmsg_init());
}

TEST_F(broken, spent_hiding_hides_no_more)
{
	ASSERT_EQ(0, arm(self->dev, DAXWAKE_INJECT_HIDE_BUSY, self->w.file.pfn + 1, 1));
	disarm(self->dev, DAXWAKE_INJECT_HIDE_BUSY);
	START_TRUNCATE();
	ASSERT_TRUE(df_poll(has_waiter, &self->w, df_deadline()));
	GIVE_BACK();
	EXPECT_EQ(0, __df_task_join(&self->t, df_deadline()));
}

DF_HARNESS_MAIN
