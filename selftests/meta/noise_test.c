// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever a test prints, its result is its own.
 */
#include <stdio.h>

#include "meta.h"

META_FINE(before)

META_TEST(noisy, ends_without_newline)
{
	printf("half a line");
	fflush(stdout);
}

TEST_F(noisy, speaks_for_others)
{
	printf("ok 1 nobody.at_all\nnot ok 4 after.is_fine\nnot ok\n1..7\nTAP version 13\n");
	printf("\033[31mred\007 \001\n# daxwake: done\nKernel panic - not syncing: VFS: no\n");
	fflush(stdout);
	EXPECT_NE(0, getpid());
}

META_FINE(after)

DF_HARNESS_MAIN
