// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing is left of a hold when the test, or the whole session, is killed:
 * no request in flight, no process that cannot die, no device, no module.
 */
#include <signal.h>
#include <stdlib.h>

#include "meta.h"
#include "internal.h"

#define PCI_DEVICE "/sys/bus/pci/devices/%s"

FIXTURE(hold) {
	struct df_task task;
};

FIXTURE_VARIANT(hold) {
	const struct df_source *src;
};

#define ADD(name) FIXTURE_VARIANT_ADD(hold, name) { .src = &df_source_##name }
ADD(read);
ADD(libaio_blockdev);
ADD(nbd_read);
ADD(sg_io_sd);
ADD(sg_io_sg);
ADD(vfio_dma);

FIXTURE_SETUP(hold)
{
	/* all is done in another session: this one has neither device nor module */
	self->task.pid = 0;
}

FIXTURE_TEARDOWN(hold)
{
	if (self->task.pid > 0)
		__df_task_kill(&self->task);
}

static int hold(const struct df_source *src, struct df_hold *h)
{
	void *buf;
	int ret;

	*h = (struct df_hold) { .src = src };
	if (posix_memalign(&buf, DF_PTE, 4 * DF_PTE))
		return -ENOMEM;
	memset(buf, 1, 4 * DF_PTE);
	ret = src->init(h);
	return ret ? ret : src->hold(h, buf, 4 * DF_PTE);
}

static int hold_and_die(void *arg)
{
	struct df_hold h;
	int ret = hold(arg, &h);

	if (!ret)
		kill(getpid(), SIGKILL);
	return ret;
}

static int killed_session(void *arg)
{
	int ret = df_session_begin();

	return ret ? ret : hold_and_die(arg);
}

static int whole_session(void *arg)
{
	const struct df_source *src = arg;
	struct df_task test;
	struct df_hold h;
	int ret = df_session_begin();

	if (!ret)
		ret = df_task_start(&test, "test", hold_and_die, arg, NULL);
	if (!ret)
		ret = __df_task_join(&test, df_deadline());
	/* the next test finds everything in order */
	if (!ret)
		ret = hold(src, &h);
	if (!ret)
		ret = src->release(&h);
	if (!ret)
		src->done(&h);
	df_session_end();
	return ret;
}

static bool nothing_left(void *arg)
{
	static const char *const modules[] = { "scsi_debug", "sg", "sd_mod", "nbd", "vfio_pci" };
	char value[256], wish[64];

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		if (df_sysfs_read(value, sizeof(value), "/sys/module/%s/initstate", modules[i]))
			return false;
	if (df_pci_find(value, sizeof(value), 0x1234, 0x11e8) &&
	    df_sysfs_read(wish, sizeof(wish), PCI_DEVICE "/driver_override", value) &&
	    strcmp(wish, "(null)"))
		return false;
	return !df_sysfs_read(value, sizeof(value), "/sys/block/dm-0/dm/name");
}

#define EXPECT_NOTHING_LEFT()						\
	EXPECT_TRUE(df_poll(nothing_left, NULL, df_deadline())) {	\
		TH_LOG("a module, a device-mapper device or a driver is left");	\
	}

TEST_F(hold, leaves_nothing_of_a_killed_test)
{
	DO(df_task_start(&self->task, "session", whole_session, (void *)variant->src, NULL));
	DO(__df_task_join(&self->task, 2 * df_deadline()));
	EXPECT_EQ(0, df_task_returned(&self->task));
	EXPECT_NOTHING_LEFT();
}

TEST_F(hold, leaves_nothing_of_a_killed_session)
{
	DO(df_task_start(&self->task, "session", killed_session, (void *)variant->src, NULL));
	DO(__df_task_join(&self->task, df_deadline()));
	EXPECT_EQ(-EOWNERDEAD, df_task_returned(&self->task));
	EXPECT_NOTHING_LEFT();
}

DF_HARNESS_MAIN
