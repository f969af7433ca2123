// SPDX-License-Identifier: GPL-2.0-only
/*
 * What libdaxfix guarantees of held requests and of device-dax (see
 * daxfix.h): they do what they say, and nothing of them is left behind.
 */
#include <dirent.h>
#include <libaio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "internal.h"
#include "meta.h"

/* --- held requests --------------------------------------------------------- */

FIXTURE(slow) {
	struct df_slow slow;
	struct df_task task;
};

FIXTURE_SETUP(slow)
{
	DF_REQUIRE(df_slow_init(&self->slow));
}

FIXTURE_TEARDOWN(slow)
{
	df_slow_done(&self->slow);
	if (self->task.pid)
		__df_task_kill(&self->task);
}

static int read_it(void *arg)
{
	int fd = *(int *)arg;
	unsigned char *buf;
	size_t i;

	if (posix_memalign((void **)&buf, DF_PTE, 1 << 20))
		return -ENOMEM;
	if (pread(fd, buf, 1 << 20, 0) != 1 << 20)
		return -EIO;
	for (i = 0; i < 1 << 20; i++)
		if (buf[i] != DF_SLOW_BYTE)
			return -EILSEQ;
	return 0;
}

static bool asleep(void *arg)
{
	struct df_task *t = arg;

	__df_task_slept(t);
	/* in the block layer and nowhere else */
	return meta_state(t->pid) == 'D' && strstr(t->slept, "dio");
}

TEST_F(slow, has_its_bytes)
{
	EXPECT_EQ(0, read_it(&self->slow.fd));
}

TEST_F(slow, is_written_again_after_a_test_wrote_to_it)
{
	void *buf;

	ASSERT_EQ(0, posix_memalign(&buf, DF_PTE, DF_PTE));
	memset(buf, 1, DF_PTE);
	ASSERT_EQ(DF_PTE, pwrite(self->slow.fd, buf, DF_PTE, 0));
	EXPECT_EQ(-EILSEQ, read_it(&self->slow.fd));
	df_slow_done(&self->slow);
	DO(df_slow_init(&self->slow));
	EXPECT_EQ(0, read_it(&self->slow.fd));
}

TEST_F(slow, keeps_a_request_until_it_is_let_go)
{
	const int keep[] = { self->slow.fd, -1 };

	DO(__df_slow_hold(&self->slow));
	DO(df_task_start(&self->task, "reader", read_it, &self->slow.fd, keep));
	EXPECT_TRUE(df_poll(asleep, &self->task, df_deadline())) TH_LOG("%s", self->task.slept);
	EXPECT_FALSE(df_task_done(&self->task));
	DO(__df_slow_let_go(&self->slow));
	DO(__df_task_join(&self->task, df_deadline()));
	EXPECT_EQ(0, df_task_returned(&self->task));
}

TEST_F(slow, may_be_held_and_let_go_twice)
{
	EXPECT_EQ(0, __df_slow_let_go(&self->slow));
	EXPECT_EQ(0, __df_slow_hold(&self->slow));
	EXPECT_EQ(0, __df_slow_hold(&self->slow)) TH_LOG("%s", df_reason());
	EXPECT_EQ(0, __df_slow_let_go(&self->slow));
	EXPECT_EQ(0, __df_slow_let_go(&self->slow));
	EXPECT_EQ(0, read_it(&self->slow.fd));
}

static int hold_and_die(void *arg)
{
	__df_slow_hold(arg);
	kill(getpid(), SIGKILL);
	return 0;
}

TEST_F(slow, is_let_go_after_a_test_was_killed)
{
	DO(df_task_start(&self->task, "killed", hold_and_die, &self->slow, NULL));
	DO(__df_task_join(&self->task, df_deadline()));
	DO(df_slow_init(&self->slow));
	EXPECT_EQ(0, read_it(&self->slow.fd));
}

static int count_devices(void)
{
	char name[128];
	struct dirent *ent;
	DIR *d = opendir("/sys/block");
	int n = 0;

	while (d && (ent = readdir(d)))
		if (df_sysfs_read(name, sizeof(name), "/sys/block/%s/dm/name", ent->d_name) ||
		    df_sysfs_read(name, sizeof(name), "/sys/block/%s/loop/backing_file",
				  ent->d_name))
			n++;
	if (d)
		closedir(d);
	return n;
}

enum how_it_ends { ENDS, IS_KILLED, IS_KILLED_HOLDING, HOLDS };

static int another_session(void *arg)
{
	enum how_it_ends how = *(int *)arg;
	struct df_slow slow;
	int ret;

	ret = df_session_begin();
	if (!ret)
		ret = df_slow_init(&slow);
	if (!ret && (how == IS_KILLED_HOLDING || how == HOLDS))
		ret = __df_slow_hold(&slow);
	if (ret)
		return ret;
	if (how == HOLDS)
		pause();
	if (how != ENDS)
		kill(getpid(), SIGKILL);
	df_slow_done(&slow);
	df_session_end();
	return 0;
}

static bool as_many(void *arg)
{
	return count_devices() == *(int *)arg;
}

#define SESSION(how, want) do {						\
	int mode = how;							\
									\
	DO(df_task_start(&self->task, "session", another_session, &mode, NULL)); \
	DO(__df_task_join(&self->task, df_deadline()));			\
	EXPECT_EQ(want, df_task_returned(&self->task));			\
} while (0)

#define EXPECT_NOTHING_LEFT(before)					\
	EXPECT_TRUE(df_poll(as_many, &(before), df_deadline()))		\
		TH_LOG("%d devices, %d before", count_devices(), (before))

TEST_F(slow, leaves_nothing_behind)
{
	int before = count_devices();

	/* our own dm and loop device */
	EXPECT_EQ(2, before);
	SESSION(ENDS, 0);
	EXPECT_EQ(before, count_devices());
}

TEST_F(slow, leaves_nothing_behind_when_killed)
{
	int before = count_devices();

	SESSION(IS_KILLED, -EOWNERDEAD);
	EXPECT_NOTHING_LEFT(before);
}

TEST_F(slow, leaves_nothing_behind_when_killed_while_held)
{
	int before = count_devices();

	SESSION(IS_KILLED_HOLDING, -EOWNERDEAD);
	EXPECT_NOTHING_LEFT(before);
}

/* The newest process of that name. */
static pid_t watcher(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *ent;
	char comm[64];
	pid_t last = 0;

	while (proc && (ent = readdir(proc)))
		if (atoi(ent->d_name) > last &&
		    df_sysfs_read(comm, sizeof(comm), "/proc/%s/comm", ent->d_name) &&
		    !strcmp(comm, "slow-watch"))
			last = atoi(ent->d_name);
	if (proc)
		closedir(proc);
	return last;
}

static bool some_are_held(void *dir)
{
	char value[16];
	struct dirent *ent;
	DIR *d = opendir(dir);
	bool held = false;

	while (d && !held && (ent = readdir(d)))
		held = df_sysfs_read(value, sizeof(value), "/sys/block/%s/dm/suspended",
				     ent->d_name) && !strcmp(value, "1");
	if (d)
		closedir(d);
	return held;
}

TEST_F(slow, is_swept_after_even_the_watcher_was_killed)
{
	int mode = HOLDS, before = count_devices();
	pid_t ours = watcher();
	struct df_task stuck;

	ASSERT_LT(0, ours);
	DO(df_task_start(&stuck, "stuck", another_session, &mode, NULL));
	ASSERT_TRUE(df_poll(some_are_held, "/sys/block", df_deadline()));
	ASSERT_NE(ours, watcher());
	ASSERT_EQ(0, kill(watcher(), SIGKILL));
	ASSERT_EQ(0, kill(stuck.pid, SIGKILL));
	/* it cannot even exit: to unmount is to write */
	EXPECT_EQ(-ETIMEDOUT, __df_task_join(&stuck, df_settle())) TH_LOG("%s", df_reason());
	SESSION(ENDS, 0);
	DO(__df_task_join(&stuck, df_deadline()));
	EXPECT_NOTHING_LEFT(before);
}

/* A request of its own makes even exit(2) wait. */
static int request_and_wait(void *arg)
{
	struct df_slow *slow = arg;
	io_context_t ctx = NULL;
	struct iocb cb, *list = &cb;
	void *buf;
	int ret;

	ret = posix_memalign(&buf, DF_PTE, DF_PTE) ? -ENOMEM : io_setup(1, &ctx);
	if (!ret)
		ret = __df_slow_hold(slow);
	if (ret)
		return ret;
	io_prep_pread(&cb, slow->fd, buf, DF_PTE, 0);
	ret = io_submit(ctx, 1, &list);
	if (ret != 1)
		return ret < 0 ? ret : -EIO;
	raise(SIGSTOP);
	return 0;
}

static bool stopped(void *task)
{
	return meta_state(((struct df_task *)task)->pid) == 'T';
}

TEST_F(slow, lets_a_killed_task_exit)
{
	const int keep[] = { self->slow.fd, -1 };

	DO(df_task_start(&self->task, "asker", request_and_wait, &self->slow, keep));
	ASSERT_TRUE(df_poll(stopped, &self->task, df_deadline()));
	EXPECT_EQ(0, __df_task_kill(&self->task)) TH_LOG("%s", df_reason());
	EXPECT_EQ(0, read_it(&self->slow.fd));
}

/* --- device-dax ------------------------------------------------------------ */

FIXTURE(devdax) {
	struct df_devdax d;
	struct df_task task;
	int dev;
	char *map;
};

FIXTURE_VARIANT(devdax) {
	size_t align;
	size_t other;
};

FIXTURE_VARIANT_ADD(devdax, align_4k) { .align = DF_PTE, .other = DF_PMD };
FIXTURE_VARIANT_ADD(devdax, align_2m) { .align = DF_PMD, .other = DF_PTE };

FIXTURE_SETUP(devdax)
{
	self->d.fd = -1;
	self->dev = -1;
	DF_REQUIRE(df_dev_open(&self->dev));
	DF_REQUIRE(df_devdax_init(&self->d, variant->align));
	self->map = mmap(NULL, DF_PMD, PROT_READ | PROT_WRITE, MAP_SHARED, self->d.fd, 0);
	ASSERT_NE(MAP_FAILED, self->map);
	*self->map = 1;
}

FIXTURE_TEARDOWN(devdax)
{
	if (self->task.pid)
		__df_task_kill(&self->task);
	if (self->map)
		munmap(self->map, DF_PMD);
	df_devdax_done(&self->d);
	close(self->dev);
}

TEST_F(devdax, has_the_page_size)
{
	struct daxwake_page page;

	EXPECT_EQ(variant->align, self->d.align);
	EXPECT_LT(0, self->d.size);
	DO(__df_pages_at(self->dev, self->map, 1, &page));
	EXPECT_EQ(variant->align == DF_PMD ? DAXWAKE_LEVEL_PMD : DAXWAKE_LEVEL_PTE, page.level);
	EXPECT_EQ(DAXWAKE_PGMAP_GENERIC, page.pgmap);
}

TEST_F(devdax, is_found_again)
{
	struct df_devdax again;

	DO(df_devdax_init(&again, variant->align));
	EXPECT_EQ(self->d.size, again.size);
	EXPECT_EQ(1, *self->map);
	df_devdax_done(&again);
}

TEST_F(devdax, changes_its_page_size)
{
	struct df_devdax other;

	munmap(self->map, DF_PMD);
	self->map = NULL;
	df_devdax_done(&self->d);
	DO(df_devdax_init(&other, variant->other));
	EXPECT_EQ(variant->other, other.align);
	df_devdax_done(&other);
}

TEST_F(devdax, is_not_changed_under_a_holder)
{
	struct df_devdax other;
	uint32_t handle;

	DO(__df_pin(self->dev, self->map, DF_PTE, DAXWAKE_PIN_WRITE, &handle));
	munmap(self->map, DF_PMD);
	self->map = NULL;
	df_devdax_done(&self->d);
	EXPECT_EQ(-EBUSY, df_devdax_init(&other, variant->other));
	EXPECT_SAYS(df_reason(), "is held (pins 1");
	df_devdax_done(&other);
}

TEST_F(devdax, says_what_it_cannot)
{
	struct df_devdax other;

	/* the namespace of tools/vm has less than 1 GiB */
	if (self->d.size < 1 << 30) {
		EXPECT_EQ(1, df_devdax_init(&other, 1 << 30));
		EXPECT_SAYS(df_reason(), "1048576 KiB");
	}
	EXPECT_EQ(1, df_devdax_init(&other, 12345));
}

TEST_F(devdax, is_refused_while_somebody_has_it)
{
	const int keep[] = { self->d.fd, -1 };

	ASSERT_EQ(0, df_task_start(&self->task, "keeper", meta_keep, (void *)keep, keep));
	EXPECT_EQ(-EBUSY, df_devdax_guard(self->d.dev, true));
	EXPECT_SAYS(df_reason(), "in use by keeper (pid ");
}

TEST_F(devdax, is_ours_whatever_is_in_it)
{
	EXPECT_EQ(0, df_devdax_guard(self->d.dev, false)) TH_LOG("%s", df_reason());
}

TEST_F(devdax, is_refused_if_it_is_none)
{
	EXPECT_EQ(-ENOENT, df_devdax_guard("/dev/dax77.0", true));
	EXPECT_EQ(-ENODEV, df_devdax_guard("/dev/null", true));
	EXPECT_SAYS(df_reason(), "not device-dax");
	EXPECT_EQ(-ENODEV, df_devdax_guard("/proc/version", true));
	EXPECT_SAYS(df_reason(), "not a character device");
}

/* A namespace of somebody else's. */
FIXTURE(foreign) {
	char ndns[64];
	char name[64];
	const char *dev;
	int fd;
};

static int write_first(int fd, char byte)
{
	char *map = mmap(NULL, DF_PMD, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	memset(map, 0, DF_PMD);
	*map = byte;
	munmap(map, DF_PMD);
	return 0;
}

FIXTURE_SETUP(foreign)
{
	char out[512];
	const char *argv[] = { "ndctl", "create-namespace", "-f", "-e", self->ndns,
			       "-m", "devdax", "--map=mem", NULL };
	int region, id;

	self->fd = -1;
	META_IN_VM();
	DF_REQUIRE(df_require("root devdax program:ndctl program:daxctl"));
	self->dev = getenv("DAXWAKE_DAX");
	ASSERT_EQ(2, sscanf(self->dev, "/dev/dax%d.%d", &region, &id));
	snprintf(self->name, sizeof(self->name), "dax%d.%d", region, id);
	snprintf(self->ndns, sizeof(self->ndns), "namespace%d.%d", region, id);
	ASSERT_EQ(0, df_run(out, sizeof(out), argv)) TH_LOG("%s", out);
	memset(df_session_slot(DF_SLOT_DEVDAX), 0, DF_SLOT_SIZE);
	self->fd = open(self->dev, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(foreign)
{
	if (!self->dev)
		return;
	/* what comes next is to find it blank */
	if (self->fd < 0)
		self->fd = open(self->dev, O_RDWR | O_CLOEXEC);
	EXPECT_EQ(0, write_first(self->fd, 0));
	close(self->fd);
}

TEST_F(foreign, is_granted_if_blank)
{
	ASSERT_EQ(0, write_first(self->fd, 0));
	EXPECT_EQ(0, df_devdax_guard(self->dev, false)) TH_LOG("%s", df_reason());
}

TEST_F(foreign, is_refused_if_not)
{
	struct df_devdax d;

	ASSERT_EQ(0, write_first(self->fd, 1));
	EXPECT_EQ(-EEXIST, df_devdax_guard(self->dev, false));
	EXPECT_SAYS(df_reason(), "holds data");
	EXPECT_EQ(-EEXIST, df_devdax_init(&d, DF_PMD));
	EXPECT_EQ(0, df_devdax_guard(self->dev, true)) TH_LOG("%s", df_reason());
}

TEST_F(foreign, is_refused_while_disabled)
{
	const char *const off[] = { "daxctl", "disable-device", self->name, NULL };
	const char *const on[] = { "daxctl", "enable-device", self->name, NULL };
	char out[1024];

	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, df_run(out, sizeof(out), off)) TH_LOG("%s", out);
	EXPECT_EQ(-ENXIO, df_devdax_guard(self->dev, true));
	EXPECT_SAYS(df_reason(), "is disabled (daxctl enable-device");
	EXPECT_EQ(0, df_run(out, sizeof(out), on)) TH_LOG("%s", out);
	EXPECT_EQ(0, df_devdax_guard(self->dev, true)) TH_LOG("%s", df_reason());
}

DF_HARNESS_MAIN
