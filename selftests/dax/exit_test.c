// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that dies lets go of the pages it holds, and of a file it has
 * unlinked, in whatever order it came by them: its end does not wait for itself.
 *
 *	pin_first	the descriptor that holds is the lower one
 *	file_first	the descriptor of the file is
 *
 * From 6.15 on the last close of an unlinked file waits, uninterruptibly, for
 * who holds its pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "harness.h"

FIXTURE(dying) {
	struct df_world w;
	struct df_task t;
	struct dying {
		struct df_file *file;
		bool pin_first;
	} dying;
};

FIXTURE_VARIANT(dying) {
	const char *fstype;
	bool pin_first;
};

FIXTURE_VARIANT_ADD(dying, ext4_pin_first) { .fstype = "ext4", .pin_first = true };
FIXTURE_VARIANT_ADD(dying, ext4_file_first) { .fstype = "ext4" };
FIXTURE_VARIANT_ADD(dying, xfs_pin_first) { .fstype = "xfs", .pin_first = true };
FIXTURE_VARIANT_ADD(dying, xfs_file_first) { .fstype = "xfs" };

FIXTURE_SETUP(dying)
{
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_PTE, DF_PTE));
	self->dying = (struct dying) { &self->w.file, variant->pin_first };
	/* its last user is who dies */
	ASSERT_EQ(0, __df_file_unmap(&self->w.file));
	close(self->w.file.fd);
	self->w.file.fd = -1;
}

FIXTURE_TEARDOWN(dying)
{
	/* what waits for itself is freed by the lease */
	if (self->t.pid > 0 && __df_task_kill(&self->t))
		df_session_spoil("%s", df_reason());
	DF_WORLD_DONE(&self->w);
}

static int die(void *arg)
{
	struct dying *d = arg;
	struct daxwake_pin pin = {
		.size = sizeof(pin), .flags = DAXWAKE_PIN_WRITE, .length = DF_PTE,
		.lease_ms = df_deadline() * 2 / 5,
	};
	int dev = -1, fd;
	bool lower;
	char *map;

	if (d->pin_first && df_dev_open(&dev))
		return -ENODEV;
	fd = open(d->file->path, O_RDWR | O_CLOEXEC);
	if (!d->pin_first && df_dev_open(&dev))
		return -ENODEV;
	lower = dev < fd;
	if (fd < 0 || lower != d->pin_first)
		return -EBADF;
	map = mmap(NULL, DF_PTE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	*(volatile char *)map = 1;
	pin.addr = (uintptr_t)map;
	return ioctl(dev, DAXWAKE_IOC_PIN, &pin) || unlink(d->file->path) ? -errno : 0;
}

/* Nobody but itself could wake it. */
static bool waits_for_itself(struct df_world *w, struct df_task *t)
{
	struct daxwake_waiter waiter;
	unsigned int n;

	return !__df_waiters(w->dev, w->file.pfn, &waiter, 1, &n) && n && waiter.pid == t->pid &&
	       waiter.state;
}

struct end {
	struct df_world *w;
	struct df_task *t;
	bool waits;
};

/*
 * Whoever reads /proc/PID/stat holds the mm for that moment, and if it is the
 * moment of the exit, the last reference to the file as well: the reader would
 * wait in the place of who dies. waitid() touches neither.
 */
static bool ended_or_waits(void *arg)
{
	struct end *e = arg;
	siginfo_t end = { .si_pid = 0 };

	e->waits = waits_for_itself(e->w, e->t);
	return e->waits || waitid(P_PID, e->t->pid, &end, WEXITED | WNOHANG | WNOWAIT) ||
	       end.si_pid;
}

TEST_F(dying, process_comes_to_its_end)
{
	struct end e = { .w = &self->w, .t = &self->t };

	ASSERT_EQ(0, df_task_start(&self->t, "dying", die, &self->dying, NULL));
	ASSERT_TRUE(df_poll(ended_or_waits, &e, df_deadline())) {
		__df_task_slept(&self->t);
		TH_LOG("verdict: hang");
		TH_LOG("slept: %s", self->t.slept);
	}
	EXPECT_FALSE(e.waits) {
		__df_task_slept(&self->t);
		TH_LOG("verdict: unkillable");
		TH_LOG("slept: %s", self->t.slept);
		TH_LOG("it waits for a page that it would give back itself, later in its exit");
	}
	ASSERT_EQ(0, __df_task_join(&self->t, df_deadline())) TH_LOG("%s", df_reason());
	EXPECT_EQ(0, df_task_returned(&self->t)) TH_LOG("verdict: premise");
}

DF_HARNESS_MAIN
