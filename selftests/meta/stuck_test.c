// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that not even SIGKILL can end costs its test, and then the VM: nothing
 * that is measured beside it would prove anything.
 */
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "meta.h"

META_FINE(before)

FIXTURE(frozen) {
	int fd;		/* a file on a file system that accepts no write */
};

FIXTURE_SETUP(frozen)
{
	META_IN_VM();
	ASSERT_EQ(0, system("mkfs.ext4 -q -F -b 4096 \"$DAXWAKE_PMEM\" >/dev/null 2>&1"));
	ASSERT_EQ(0, mount(getenv("DAXWAKE_PMEM"), df_session_dir(), "ext4", 0, NULL));
	ASSERT_EQ(0, chdir(df_session_dir()));
	self->fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, ioctl(self->fd, FIFREEZE, 0));
}

FIXTURE_TEARDOWN(frozen)
{
	close(self->fd);
}

TEST_F_TIMEOUT(frozen, write_never_returns, 2)
{
	EXPECT_EQ(1, write(self->fd, "x", 1));
}

META_FINE(after)

DF_HARNESS_MAIN
