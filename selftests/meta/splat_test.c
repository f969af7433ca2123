// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel warning fails the test under which it appeared, and no other.
 */
#include <sys/ioctl.h>

#include "daxwake_uapi.h"
#include "meta.h"

META_FINE(before)

FIXTURE(warned) {
	int dev;
};

FIXTURE_SETUP(warned)
{
	DF_REQUIRE(df_dev_open(&self->dev));
	DF_REQUIRE(df_kmsg_init());
}

FIXTURE_TEARDOWN(warned)
{
	close(self->dev);
}

TEST_F(warned, kernel_warns)
{
	struct daxwake_inject inject = {
		.size = sizeof(inject),
		.op = DAXWAKE_INJECT_ARM,
		.what = DAXWAKE_INJECT_SPLAT,
		.count = 1,
	};
	char line[200];

	META_IN_VM();
	ASSERT_EQ(0, ioctl(self->dev, DAXWAKE_IOC_INJECT, &inject));
	EXPECT_EQ(1, inject.out_fired);
	EXPECT_EQ(0, __df_kmsg_splat(line, sizeof(line))) {
		TH_LOG("verdict: splat");
		TH_LOG("%s", line);
	}
}

META_FINE(after)

DF_HARNESS_MAIN
