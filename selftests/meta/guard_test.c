// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard lets the tests have a blank device or one of their own, and
 * refuses every other with a line that names the device and the reason. It
 * writes nothing.
 */
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>

#include "internal.h"
#include "meta.h"

#define BLANK (1UL << 20)	/* where the marks of every file system used here are */

#define RUN(...) ({							\
	const char *const argv[] = { __VA_ARGS__, NULL };		\
	char out[512];							\
	int ret = df_run(out, sizeof(out), argv);			\
									\
	ASSERT_EQ(0, ret) TH_LOG("%s: %s", argv[0], out);		\
})

/* Refused with this error, and the reason says this and names the device. */
#define EXPECT_REFUSED(err, dev, force, says) do {			\
	EXPECT_EQ(-(err), df_pmem_guard(dev, force));			\
	EXPECT_SAYS(df_reason(), says);					\
	EXPECT_SAYS(df_reason(), dev);					\
} while (0)

#define EXPECT_GRANTED(dev, force)					\
	EXPECT_EQ(0, df_pmem_guard(dev, force)) TH_LOG("%s", df_reason())

static const char *pmem(void)
{
	return getenv("DAXWAKE_PMEM");
}

static int put(const char *dev, off_t at, const void *data, size_t len)
{
	int fd = open(dev, O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -1;
	ret = pwrite(fd, data, len, at) == (ssize_t)len ? 0 : -1;
	fsync(fd);
	close(fd);
	return ret;
}

static int blank(const char *dev)
{
	static char zero[BLANK];

	return put(dev, 0, zero, sizeof(zero));
}

FIXTURE(guard) {
	char dir[PATH_MAX];
	struct df_task task;
	int fd;
};

FIXTURE_SETUP(guard)
{
	self->fd = -1;
	META_IN_VM();
	DF_REQUIRE(df_require("root pmem fs:ext4 fs:xfs module:loop module:dm-mod"));
	DF_REQUIRE(df_require("program:mkfs.ext4 program:mkfs.xfs program:mkswap program:dmsetup"));
	ASSERT_EQ(0, blank(pmem()));
	snprintf(self->dir, sizeof(self->dir), "%s/guard", df_session_dir());
	ASSERT_TRUE(!mkdir(self->dir, 0700) || errno == EEXIST);
}

FIXTURE_TEARDOWN(guard)
{
	if (self->task.pid)
		__df_task_kill(&self->task);
	if (self->fd >= 0)
		close(self->fd);
	umount2(self->dir, 0);
	EXPECT_EQ(0, blank(pmem()));
}

TEST_F(guard, grants_a_blank_device)
{
	EXPECT_GRANTED(pmem(), false);
}

TEST_F(guard, grants_its_own_ext4)
{
	RUN("mkfs.ext4", "-q", "-L", DF_LABEL, pmem());
	EXPECT_GRANTED(pmem(), false);
}

TEST_F(guard, grants_its_own_xfs)
{
	RUN("mkfs.xfs", "-q", "-f", "-L", DF_LABEL, pmem());
	EXPECT_GRANTED(pmem(), false);
}

TEST_F(guard, grants_by_another_name)
{
	snprintf(self->dir, sizeof(self->dir), "%s/link", df_session_dir());
	ASSERT_EQ(0, symlink(pmem(), self->dir));
	EXPECT_GRANTED(self->dir, false);
	EXPECT_EQ(0, unlink(self->dir));
}

TEST_F(guard, refuses_what_is_missing)
{
	EXPECT_REFUSED(ENOENT, "/dev/pmem77", true, "No such file");
}

TEST_F(guard, refuses_what_is_no_block_device)
{
	EXPECT_REFUSED(ENOTBLK, "/dev/null", true, "not a block device");
}

TEST_F(guard, refuses_what_is_no_pmem)
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	char dev[64];
	int loop;

	snprintf(dev, sizeof(dev), "/dev/loop%d",
		 ioctl(open("/dev/loop-control", O_RDWR | O_CLOEXEC), LOOP_CTL_GET_FREE));
	loop = open(dev, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, loop);
	config.fd = memfd_create("guard", MFD_CLOEXEC);
	ASSERT_EQ(0, ftruncate(config.fd, BLANK));
	ASSERT_EQ(0, ioctl(loop, LOOP_CONFIGURE, &config));
	EXPECT_REFUSED(ENODEV, dev, true, "not persistent memory");
	close(loop);
}

/* A namespace without a driver, in another mode, with its driver again. */
static int set_raw(const char *ndns, const char *raw)
{
	static const char driver[] = "/sys/bus/nd/drivers/nd_pmem";
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/unbind", driver);
	if (meta_write(path, ndns))
		return -1;
	snprintf(path, sizeof(path), "/sys/bus/nd/devices/%s/force_raw", ndns);
	if (meta_write(path, raw))
		return -1;
	snprintf(path, sizeof(path), "%s/bind", driver);
	return meta_write(path, ndns);
}

TEST_F(guard, refuses_pmem_without_pages)
{
	struct df_pmem p;

	ASSERT_EQ(0, df_pmem_init(&p));
	ASSERT_EQ(0, set_raw(p.ndns, "1"));
	EXPECT_REFUSED(ENODEV, pmem(), true, "is in raw mode");
	EXPECT_SAYS(df_reason(), p.ndns);
	EXPECT_EQ(0, set_raw(p.ndns, "0"));
	EXPECT_GRANTED(pmem(), true);
}

TEST_F(guard, refuses_a_partition)
{
	struct blkpg_partition part = { .start = BLANK, .length = BLANK, .pno = 1 };
	struct blkpg_ioctl_arg arg = {
		.op = BLKPG_ADD_PARTITION, .datalen = sizeof(part), .data = &part,
	};
	char dev[PATH_MAX];

	self->fd = open(pmem(), O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(0, ioctl(self->fd, BLKPG, &arg));
	snprintf(dev, sizeof(dev), "%sp1", pmem());
	EXPECT_REFUSED(EINVAL, dev, true, "partition 1");
	arg.op = BLKPG_DEL_PARTITION;
	EXPECT_EQ(0, ioctl(self->fd, BLKPG, &arg));
}

TEST_F(guard, refuses_what_cannot_be_written)
{
	int ro = 1;

	self->fd = open(pmem(), O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(0, ioctl(self->fd, BLKROSET, &ro));
	EXPECT_REFUSED(EROFS, pmem(), true, "read-only");
	ro = 0;
	EXPECT_EQ(0, ioctl(self->fd, BLKROSET, &ro));
}

TEST_F(guard, refuses_what_is_mounted)
{
	RUN("mkfs.ext4", "-q", "-L", DF_LABEL, pmem());
	ASSERT_EQ(0, mount(pmem(), self->dir, "ext4", 0, NULL));
	EXPECT_REFUSED(EBUSY, pmem(), true, "is mounted at ");
	EXPECT_SAYS(df_reason(), self->dir);
}

struct elsewhere {
	const char *dir;
	int pipe[2];
};

/* That the device is claimed shows earlier than where it is mounted. */
static int mount_elsewhere(void *arg)
{
	struct elsewhere *e = arg;

	if (unshare(CLONE_NEWNS) || mount(pmem(), e->dir, "ext4", 0, NULL) ||
	    write(e->pipe[1], "", 1) != 1)
		return -errno;
	pause();
	return 0;
}

TEST_F(guard, refuses_what_is_mounted_out_of_sight)
{
	struct elsewhere e = { .dir = self->dir };
	int keep[] = { -1, -1 };
	char mounted;

	RUN("mkfs.ext4", "-q", "-L", DF_LABEL, pmem());
	ASSERT_EQ(0, pipe2(e.pipe, O_CLOEXEC));
	keep[0] = e.pipe[1];
	ASSERT_EQ(0, df_task_start(&self->task, "elsewhere", mount_elsewhere, &e, keep));
	close(e.pipe[1]);
	ASSERT_EQ(1, read(e.pipe[0], &mounted, 1)) TH_LOG("elsewhere could not mount it");
	EXPECT_REFUSED(EBUSY, pmem(), true, "in the mount name space of elsewhere (pid ");
	close(e.pipe[0]);
}

TEST_F(guard, refuses_swap_space)
{
	RUN("mkswap", pmem());
	ASSERT_EQ(0, swapon(pmem(), 0));
	EXPECT_REFUSED(EBUSY, pmem(), true, "is swap space");
	EXPECT_EQ(0, swapoff(pmem()));
}

TEST_F(guard, refuses_a_part_of_something)
{
	char table[PATH_MAX];

	snprintf(table, sizeof(table), "0 2048 linear %s 0", pmem());
	RUN("dmsetup", "create", "guard-test", "--table", table);
	EXPECT_REFUSED(EBUSY, pmem(), true, "is part of dm-");
	EXPECT_SAYS(df_reason(), "(guard-test)");
	RUN("dmsetup", "remove", "guard-test");
}

TEST_F(guard, refuses_what_is_behind_a_loop)
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	char dev[64];
	int loop;

	snprintf(dev, sizeof(dev), "/dev/loop%d",
		 ioctl(open("/dev/loop-control", O_RDWR | O_CLOEXEC), LOOP_CTL_GET_FREE));
	loop = open(dev, O_RDWR | O_CLOEXEC);
	config.fd = open(pmem(), O_RDWR | O_CLOEXEC);
	ASSERT_EQ(0, ioctl(loop, LOOP_CONFIGURE, &config));
	close(config.fd);
	EXPECT_REFUSED(EBUSY, pmem(), true, dev);
	close(loop);
}

TEST_F(guard, refuses_what_somebody_has_open)
{
	int keep[] = { open(pmem(), O_RDWR | O_CLOEXEC), -1 };

	ASSERT_LE(0, keep[0]);
	ASSERT_EQ(0, df_task_start(&self->task, "keeper", meta_keep, keep, keep));
	close(keep[0]);
	EXPECT_REFUSED(EBUSY, pmem(), true, "in use by keeper (pid ");
}

TEST_F(guard, refuses_another_file_system)
{
	RUN("mkfs.ext4", "-q", "-L", "photos", pmem());
	EXPECT_REFUSED(EEXIST, pmem(), false, "ext4 \"photos\"");
	EXPECT_GRANTED(pmem(), true);
}

TEST_F(guard, refuses_a_partition_table)
{
	unsigned char mbr[512] = { 0 };

	/* one Linux partition of 2048 sectors, at sector 2048 */
	mbr[450] = 0x83;
	mbr[455] = 0x08;
	mbr[459] = 0x08;
	mbr[510] = 0x55;
	mbr[511] = 0xaa;
	ASSERT_EQ(0, put(pmem(), 0, mbr, sizeof(mbr)));
	EXPECT_REFUSED(EEXIST, pmem(), false, "partition table (dos)");
	EXPECT_GRANTED(pmem(), true);
}

TEST_F(guard, lists_all_that_is_wrong)
{
	int keep[] = { -1, -1 };

	RUN("mkfs.ext4", "-q", "-L", "photos", pmem());
	keep[0] = open(pmem(), O_RDWR | O_CLOEXEC);
	ASSERT_EQ(0, df_task_start(&self->task, "keeper", meta_keep, keep, keep));
	close(keep[0]);
	EXPECT_REFUSED(EBUSY, pmem(), false, "in use by keeper");
	EXPECT_SAYS(df_reason(), "ext4 \"photos\"");
}

TEST_F(guard, writes_nothing)
{
	static char before[BLANK], after[BLANK];

	RUN("mkfs.ext4", "-q", "-L", "photos", pmem());
	self->fd = open(pmem(), O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(BLANK, pread(self->fd, before, BLANK, 0));
	close(self->fd);
	self->fd = -1;
	EXPECT_REFUSED(EEXIST, pmem(), false, "photos");
	EXPECT_GRANTED(pmem(), true);
	self->fd = open(pmem(), O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(BLANK, pread(self->fd, after, BLANK, 0));
	EXPECT_EQ(0, memcmp(before, after, BLANK));
}

/* The program around it. */
FIXTURE(guard_program) {
	char path[PATH_MAX];
};

FIXTURE_SETUP(guard_program)
{
	ssize_t n;

	META_IN_VM();
	DF_REQUIRE(df_require("root pmem program:mkfs.ext4 fs:ext4"));
	ASSERT_EQ(0, blank(pmem()));
	n = readlink("/proc/self/exe", self->path, sizeof(self->path) - 32);
	ASSERT_LT(0, n);
	self->path[n] = '\0';
	strcpy(strrchr(self->path, '/'), "/../bin/guard");
	ASSERT_EQ(0, access(self->path, X_OK)) TH_LOG("%s", self->path);
}

FIXTURE_TEARDOWN(guard_program)
{
	EXPECT_EQ(0, blank(pmem()));
}

#define EXPECT_EXIT(code, says, ...) do {				\
	const char *const argv[] = { self->path, __VA_ARGS__, NULL };	\
	char out[2048];							\
									\
	EXPECT_EQ(code, df_run(out, sizeof(out), argv)) TH_LOG("%s", out); \
	EXPECT_SAYS(out, says);						\
} while (0)

TEST_F(guard_program, exits_as_it_says)
{
	EXPECT_EXIT(0, "", "--pmem", pmem());
	EXPECT_EXIT(0, "Usage: guard", "--help");
	EXPECT_EXIT(2, "no device named", NULL);
	EXPECT_EXIT(2, "unknown option --frobnicate", "--frobnicate");
	EXPECT_EXIT(2, "a value is missing after --pmem", "--pmem");
	EXPECT_EXIT(2, "unexpected argument here", "--pmem", pmem(), "here");
	EXPECT_EXIT(2, "/dev/pmem77", "--pmem", "/dev/pmem77");
}

TEST_F(guard_program, is_forced_by_option_and_environment)
{
	RUN("mkfs.ext4", "-q", "-L", "photos", pmem());
	unsetenv("DAXWAKE_FORCE");
	EXPECT_EXIT(2, "photos", "--pmem", pmem());
	EXPECT_EXIT(0, "", "--pmem", pmem(), "--force");
	setenv("DAXWAKE_FORCE", "1", 1);
	EXPECT_EXIT(0, "", "--pmem", pmem());
}

TEST_F(guard_program, lists_every_device)
{
	EXPECT_EXIT(2, "/dev/dax77.0", "--pmem", "/dev/null", "--dax", "/dev/dax77.0");
	EXPECT_EXIT(2, "/dev/null", "--pmem", "/dev/null", "--dax", "/dev/dax77.0");
}

static int as_nobody(void *path)
{
	const char *const argv[] = { path, "--pmem", pmem(), NULL };
	char out[1024];

	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return -errno;
	return df_run(out, sizeof(out), argv);
}

TEST_F(guard_program, says_that_it_needs_root)
{
	struct df_task t;

	ASSERT_EQ(0, df_task_start(&t, "nobody", as_nobody, self->path, NULL));
	ASSERT_EQ(0, __df_task_join(&t, df_deadline()));
	EXPECT_EQ(3, df_task_returned(&t));
}

DF_HARNESS_MAIN
