// SPDX-License-Identifier: GPL-2.0-only
/*
 * STALL of /dev/test_daxwake: a task stops at the chosen function if it is there
 * with the page, and nobody else does. It goes on by DISARM, by close, when the
 * owner of the fault is killed, and when it is killed itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

#define NPAGES	4
#define LEN	(NPAGES * DF_PTE)

FIXTURE(stall) {
	struct df_world w;
	int dev;		/* arms; the world's looks on */
	struct df_task t, other;
};

/* How a task comes there with the first page of the file. */
FIXTURE_VARIANT(stall) {
	enum daxwake_where where;
	int (*come)(void *path);
	bool holds;		/* it has a reference then */
};

static int fsync_comes(void *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int ret = fd < 0 || fsync(fd) ? -errno : 0;

	close(fd);
	return ret;
}

static uint32_t *map_of(void *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *map = mmap(NULL, DF_PTE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

static int futex_comes(void *path)
{
	uint32_t *word = map_of(path);

	return word && !syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) ? 0 : -errno;
}

static int proc_mem_comes(void *path)
{
	uint32_t *word = map_of(path), got;
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

	return word && pread(fd, &got, sizeof(got), (uintptr_t)word) == sizeof(got) ? 0 : -errno;
}

FIXTURE_VARIANT_ADD(stall, dax_flush) {
	.where = DAXWAKE_AT_DAX_FLUSH, .come = fsync_comes,
};

FIXTURE_VARIANT_ADD(stall, get_user_pages_fast) {
	.where = DAXWAKE_AT_GET_USER_PAGES_FAST, .come = futex_comes, .holds = true,
};

FIXTURE_VARIANT_ADD(stall, get_user_pages_remote) {
	.where = DAXWAKE_AT_GET_USER_PAGES_REMOTE, .come = proc_mem_comes, .holds = true,
};

FIXTURE_SETUP(stall)
{
	DF_REQUIRE(df_dev_stalls_at(variant->where));
	DF_REQUIRE(df_world_init(&self->w, "ext4", LEN, DF_PTE));
	DF_REQUIRE(df_dev_open(&self->dev));
}

FIXTURE_TEARDOWN(stall)
{
	close(self->dev);
	EXPECT_EQ(0, __df_task_kill(&self->t)) TH_LOG("%s", df_reason());
	EXPECT_EQ(0, __df_task_kill(&self->other)) TH_LOG("%s", df_reason());
	DF_WORLD_DONE(&self->w);
}

static int refs(struct df_world *w)
{
	struct daxwake_page pg;

	return __df_pages_pfn(w->dev, w->file.pfn, 1, &pg) ? -1000 : pg.refs + pg.pins;
}

#define START(task) ASSERT_EQ(0, df_task_start(task, "comes", variant->come,	\
	self->w.file.path, NULL))

#define ARM(count) ASSERT_EQ(0, __df_stall(self->dev, variant->where,	\
	self->w.file.pfn, count)) TH_LOG("%s", df_reason())

#define EXPECT_STALLED(n) EXPECT_EQ(0, __df_wait_stalled(self->dev, n))	\
	TH_LOG("%s", df_reason())

#define EXPECT_GOES_ON(task) do {					\
	EXPECT_EQ(0, __df_task_join(task, df_deadline())) TH_LOG("%s", df_reason()); \
	EXPECT_EQ(0, df_task_returned(task));				\
	EXPECT_EQ(0, refs(&self->w));					\
} while (0)

TEST_F(stall, goes_on_by_disarm)
{
	ARM(1000);
	EXPECT_EQ(0, __df_stalled(self->dev));
	START(&self->t);
	EXPECT_STALLED(1);
	EXPECT_EQ(variant->holds, refs(&self->w));
	EXPECT_EQ(-ETIMEDOUT, __df_task_join(&self->t, df_settle()));
	EXPECT_EQ('D', __df_task_state(&self->t));
	/* nobody else's business */
	EXPECT_EQ(0, __df_stalled(self->w.dev));
	EXPECT_EQ(0, __df_disarm(self->w.dev, DAXWAKE_INJECT_STALL));
	EXPECT_EQ(1, __df_stalled(self->dev));
	EXPECT_EQ(1, __df_disarm(self->dev, DAXWAKE_INJECT_STALL));
	EXPECT_EQ(0, __df_stalled(self->dev));
	EXPECT_GOES_ON(&self->t);
}

TEST_F(stall, goes_on_by_close)
{
	ARM(1);
	START(&self->t);
	EXPECT_STALLED(1);
	close(self->dev);
	self->dev = -1;
	EXPECT_GOES_ON(&self->t);
}

struct owner {
	enum daxwake_where where;
	uint64_t pfn;
	int armed;		/* 1, or -errno */
};

static int arms(void *arg)
{
	struct owner *o = arg;
	int dev, ret = df_dev_open(&dev) ?: __df_stall(dev, o->where, o->pfn, 1);

	__atomic_store_n(&o->armed, ret ?: 1, __ATOMIC_RELEASE);
	pause();
	return ret;
}

static bool has_armed(void *owner)
{
	return __atomic_load_n(&((struct owner *)owner)->armed, __ATOMIC_ACQUIRE);
}

TEST_F(stall, goes_on_when_the_owner_is_killed)
{
	struct owner *o = mmap(NULL, sizeof(*o), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, o);
	o->where = variant->where;
	o->pfn = self->w.file.pfn;
	ASSERT_EQ(0, df_task_start(&self->other, "arms", arms, o, NULL));
	ASSERT_TRUE(df_poll(has_armed, o, df_deadline()));
	ASSERT_EQ(1, o->armed);
	START(&self->t);
	EXPECT_EQ(-ETIMEDOUT, __df_task_join(&self->t, df_settle()));
	EXPECT_EQ('D', __df_task_state(&self->t));
	EXPECT_EQ(0, __df_task_kill(&self->other));
	EXPECT_GOES_ON(&self->t);
}

TEST_F(stall, ends_when_the_task_is_killed)
{
	ARM(1);
	START(&self->t);
	EXPECT_STALLED(1);
	EXPECT_EQ(0, __df_task_kill(&self->t)) TH_LOG("%s", df_reason());
	EXPECT_STALLED(0);
	EXPECT_EQ(0, refs(&self->w));
	EXPECT_EQ(1, __df_disarm(self->dev, DAXWAKE_INJECT_STALL));
}

TEST_F(stall, other_page_is_not_stalled)
{
	/* so that the first page is the only dirty one */
	ASSERT_EQ(0, fsync_comes(self->w.file.path));
	ASSERT_EQ(0, __df_touch(self->w.file.map));
	ASSERT_EQ(0, __df_stall(self->dev, variant->where, self->w.file.pfn + 1, 1000));
	START(&self->t);
	EXPECT_GOES_ON(&self->t);
	EXPECT_EQ(0, __df_disarm(self->dev, DAXWAKE_INJECT_STALL));
}

TEST_F(stall, disarmed_stall_stops_nobody)
{
	ARM(1);
	EXPECT_EQ(0, __df_disarm(self->dev, DAXWAKE_INJECT_STALL));
	START(&self->t);
	EXPECT_GOES_ON(&self->t);
}

/* Old stalls do not count as new ones. */
TEST_F(stall, can_be_armed_again_at_once)
{
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, __df_touch(self->w.file.map));
		ARM(1);
		EXPECT_EQ(0, __df_stalled(self->dev));
		START(&self->t);
		EXPECT_STALLED(1);
		EXPECT_EQ(1, __df_disarm(self->dev, DAXWAKE_INJECT_STALL));
		EXPECT_GOES_ON(&self->t);
	}
}

/* Only where a task does not have to wait for another one before it comes there. */
TEST_F(stall, spent_stall_stops_no_more)
{
	if (!variant->holds)
		return;
	ARM(1);
	START(&self->t);
	EXPECT_STALLED(1);
	START(&self->other);
	EXPECT_EQ(0, __df_task_join(&self->other, df_deadline()));
	EXPECT_EQ(0, df_task_returned(&self->other));
	EXPECT_EQ(1, __df_stalled(self->dev));
	EXPECT_EQ(1, __df_disarm(self->dev, DAXWAKE_INJECT_STALL));
	EXPECT_GOES_ON(&self->t);
}

TEST_F(stall, several_go_on_together)
{
	if (!variant->holds)
		return;
	ARM(1000);
	START(&self->t);
	START(&self->other);
	EXPECT_STALLED(2);
	EXPECT_EQ(2, refs(&self->w));
	EXPECT_EQ(2, __df_disarm(self->dev, DAXWAKE_INJECT_STALL));
	EXPECT_EQ(0, __df_task_join(&self->other, df_deadline()));
	EXPECT_GOES_ON(&self->t);
}

TEST_F(stall, place_belongs_to_arm_of_a_stall)
{
	struct daxwake_inject arg = {
		.size = sizeof(arg), .op = DAXWAKE_INJECT_ARM, .pfn = self->w.file.pfn,
		.count = 1, .what = DAXWAKE_INJECT_STALL, .where = DAXWAKE_AT_COUNT,
	};

	EXPECT_EQ(-1, ioctl(self->dev, DAXWAKE_IOC_INJECT, &arg));
	EXPECT_EQ(EINVAL, errno);
	arg.where = DAXWAKE_AT_GET_USER_PAGES_FAST;
	arg.what = DAXWAKE_INJECT_LEAK_REF;
	EXPECT_EQ(-1, ioctl(self->dev, DAXWAKE_IOC_INJECT, &arg));
	EXPECT_EQ(EINVAL, errno);
	arg.what = DAXWAKE_INJECT_STALL;
	arg.op = DAXWAKE_INJECT_QUERY;
	EXPECT_EQ(-1, ioctl(self->dev, DAXWAKE_IOC_INJECT, &arg));
	EXPECT_EQ(EINVAL, errno);
}

DF_HARNESS_MAIN
