// SPDX-License-Identifier: GPL-2.0-only
/*
 * A failed expectation, a failed assertion and a test that dies of a signal
 * are failures of that test and of no other.
 */
#include <signal.h>

#include "meta.h"

META_FINE(before)

META_TEST(wrong, expects_in_vain)
{
	EXPECT_EQ(0, 1) {
		TH_LOG("verdict: premise");
	}
}

TEST_F(wrong, asserts_in_vain)
{
	ASSERT_EQ(0, 1);
}

TEST_F(wrong, dies)
{
	raise(SIGSEGV);
}

META_FINE(after)

DF_HARNESS_MAIN
