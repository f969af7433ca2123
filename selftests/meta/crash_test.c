// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel that panics costs the test that was running.
 */
#include "meta.h"

META_FINE(before)

META_TEST(broken, panics)
{
	META_IN_VM();
	EXPECT_EQ(0, meta_write("/proc/sysrq-trigger", "c"));
	EXPECT_TRUE(false) TH_LOG("the kernel is still there");
}

META_FINE(after)

DF_HARNESS_MAIN
