// SPDX-License-Identifier: GPL-2.0-only
/*
 * What changes no layout has nothing to wait for while a page is held, and
 * takes the page from nobody: what does change it afterwards still waits.
 *
 *	dax_flag	FS_XFLAG_DAX is turned round, which -o dax does not look at
 *	remount_dax	with another -o dax=, which may be refused or ignored
 *	remount_ro	read-only and back, nobody having the file open
 *	freeze		FIFREEZE and FITHAW
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "harness.h"

static int dax_flag_run(void *file)
{
	struct df_file *f = file;
	int fd = open(f->path, O_RDWR | O_CLOEXEC);
	struct fsxattr attr;
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, FS_IOC_FSGETXATTR, &attr)) {
		ret = -errno;
	} else {
		attr.fsx_xflags ^= FS_XFLAG_DAX;
		if (ioctl(fd, FS_IOC_FSSETXATTR, &attr))
			ret = -errno;
	}
	close(fd);
	return ret;
}

static int remount(const struct df_file *f, unsigned long flags, const char *options)
{
	return mount(NULL, f->fs->dir, NULL, MS_REMOUNT | flags, options) ? -errno : 0;
}

/* None changes it while it is mounted; they do not agree on who is told. */
static int remount_dax_run(void *file)
{
	int ret = remount(file, 0, "dax=never");

	return ret == -EINVAL ? 0 : ret;
}

static int remount_ro_run(void *file)
{
	return remount(file, MS_RDONLY, NULL) ?: remount(file, 0, NULL);
}

static int with_dir(const struct df_file *f, unsigned long first, unsigned long then)
{
	int fd = open(f->fs->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if ((first && ioctl(fd, first, 0)) || ioctl(fd, then, 0))
		ret = -errno;
	close(fd);
	return ret;
}

static int freeze_run(void *file)
{
	return with_dir(file, FIFREEZE, FITHAW);
}

FIXTURE(unchanged) {
	struct df_world w;
	struct df_proof p;
	struct df_task t, other;
};

FIXTURE_VARIANT(unchanged) {
	const char *fstype;
	size_t fault;
	const char *name;
	int (*run)(void *file);
	bool closes;
};

#define ADD(fs, size, bytes, what, ...)					\
	FIXTURE_VARIANT_ADD(unchanged, fs##_##size##_##what) {		\
		.fstype = #fs, .fault = bytes, .name = #what, .run = what##_run, ##__VA_ARGS__ }
#define EACH(fs, size, bytes)						\
	ADD(fs, size, bytes, dax_flag);					\
	ADD(fs, size, bytes, remount_dax);				\
	ADD(fs, size, bytes, remount_ro, .closes = true);		\
	ADD(fs, size, bytes, freeze)

DF_EACH_FSDAX(EACH);

FIXTURE_SETUP(unchanged)
{
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_LEN(variant->fault),
				 variant->fault));
	self->p = df_proof_of_pin(&self->w.file);
}

FIXTURE_TEARDOWN(unchanged)
{
	df_proof_end(&self->p, &self->t);
	if (self->other.pid > 0)
		EXPECT_EQ(0, __df_task_kill(&self->other)) TH_LOG("verdict: unkillable");
	DF_WORLD_DONE(&self->w);
}

/* It can be written again, and mapped as it was. */
static int open_again(struct df_file *f)
{
	f->fd = open(f->path, O_RDWR | O_CLOEXEC);
	if (f->fd < 0)
		return df_broke(errno, "%s: %s", f->path, strerror(errno));
	return __df_file_map(f, 0, f->len, MAP_SHARED, &f->map);
}

TEST_F(unchanged, page_stays_held_and_is_waited_for)
{
	struct df_trigger what = {
		.name = variant->name, .run = variant->run, .unmaps = variant->closes,
	};
	struct df_proof *p = &self->p;
	struct df_file *f = &self->w.file;
	bool waits;

	p->trigger = &what;
	ASSERT_EQ(DF_OK, df_proof_hold(p)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_provoke(p, &self->other)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_obeys(p, &self->other, DF_MAY_WAIT, &waits)) DF_VERDICT(p);
	EXPECT_FALSE(waits) {
		TH_LOG("verdict: overwait");
		TH_LOG("%s waits for a page that it changes nothing about", what.name);
	}
	if (variant->closes)
		ASSERT_EQ(0, open_again(f)) TH_LOG("%s", df_reason());

	p->trigger = &df_trigger_truncate;
	ASSERT_EQ(DF_OK, df_proof_provoke(p, &self->t)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_blocked(p, &self->t)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
}

/* --- a file system is frozen while somebody waits in it ----------------------------- */

FIXTURE(frozen) {
	struct df_world w;
	struct df_proof p;
	struct df_task t, freezer;
};

FIXTURE_VARIANT(frozen) {
	const char *fstype;
};

FIXTURE_VARIANT_ADD(frozen, ext4_pte) { .fstype = "ext4" };
FIXTURE_VARIANT_ADD(frozen, xfs_pte) { .fstype = "xfs" };

FIXTURE_SETUP(frozen)
{
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_LEN(DF_PTE), DF_PTE));
	self->p = df_proof_of_pin(&self->w.file);
	ASSERT_EQ(DF_OK, df_proof_until_blocked(&self->p, &self->t)) DF_VERDICT(&self->p);
}

FIXTURE_TEARDOWN(frozen)
{
	df_proof_end(&self->p, &self->t);
	if (self->freezer.pid > 0)
		EXPECT_EQ(0, __df_task_join(&self->freezer, df_deadline()))
			TH_LOG("%s", df_reason());
	with_dir(&self->w.file, 0, FITHAW);
	DF_WORLD_DONE(&self->w);
}

static bool begins(const char *slept, const char *with)
{
	return !strncmp(slept, with, strlen(with));
}

/* Other than for a grace period or for the device, as every freeze does for a moment. */
static bool waits_for_a_writer(void *task)
{
	struct df_task *t = task;

	if (df_task_done(t))
		return true;
	if (__df_task_slept(t))
		return false;
	return begins(t->slept, "percpu_down_write <- freeze_super") ||
	       begins(t->slept, "freeze_super");
}

/* Who waits is writing: that begins before a freeze and ends before it is one. */
TEST_F(frozen, freeze_waits_for_the_change)
{
	struct df_task *f = &self->freezer;
	struct df_proof *p = &self->p;

	ASSERT_EQ(0, df_task_start(f, "freeze", freeze_run, &self->w.file, NULL));
	EXPECT_TRUE(df_poll(waits_for_a_writer, f, df_deadline())) {
		TH_LOG("verdict: hang");
		TH_LOG("slept: %s", f->slept);
	}
	EXPECT_FALSE(df_task_done(f)) {
		TH_LOG("verdict: early");
		TH_LOG("the file system was frozen under a truncate: %s",
		       strerror(-df_task_returned(f)));
	}
	EXPECT_EQ(DF_OK, df_proof_blocked(p, &self->t)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
	EXPECT_EQ(0, __df_task_join(f, df_deadline())) {
		TH_LOG("verdict: hang");
		TH_LOG("slept: %s", f->slept);
	}
	EXPECT_EQ(0, df_task_returned(f)) TH_LOG("verdict: wrong_errno");
}

DF_HARNESS_MAIN
