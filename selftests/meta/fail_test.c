// SPDX-License-Identifier: GPL-2.0-only
/*
 * A failed expectation, a failed assertion and a test that dies of a signal
 * are failures of that test and of no other, and what comes true afterwards
 * says nothing.
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

FIXTURE(followed) {
	bool in_vm;
};

FIXTURE_SETUP(followed)
{
	self->in_vm = !access("/daxwake/plan", F_OK);
}

FIXTURE_TEARDOWN(followed)
{
	EXPECT_EQ(getpid(), getpid()) {
		TH_LOG("verdict: control");
	}
}

TEST_F(followed, asserts_in_vain)
{
	ASSERT_EQ(0, 1) {
		EXPECT_EQ(getpid(), getpid()) {
			TH_LOG("verdict: control");
		}
	}
}

TEST_F(followed, returns_from_the_block)
{
	EXPECT_EQ(0, 1) {
		return;
	}
}

META_FINE(after)

DF_HARNESS_MAIN
