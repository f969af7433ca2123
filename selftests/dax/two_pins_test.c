// SPDX-License-Identifier: GPL-2.0-only
/*
 * A waiter that is woken looks again: with two pins on two pages it comes to
 * its end only after the second, in whichever order they go.
 */
#include "harness.h"

FIXTURE(two_pins) {
	struct df_world w;
	struct df_proof low;	/* page 0 */
	struct df_proof high;	/* last page (of the second PMD, if huge) */
	struct df_task t;
};

FIXTURE_VARIANT(two_pins) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(two_pins);

FIXTURE_SETUP(two_pins)
{
	size_t len = variant->fault == DF_PTE ? 4 * DF_PTE : 2 * DF_PMD;

	DF_REQUIRE(df_world_init(&self->w, variant->fstype, len, variant->fault));
	self->low = df_proof_of_pin(&self->w.file);
	self->high = self->low;
	self->high.page = len - DF_PTE;

	ASSERT_EQ(DF_OK, df_proof_hold(&self->low)) DF_VERDICT(&self->low);
	ASSERT_EQ(DF_OK, df_proof_hold(&self->high)) DF_VERDICT(&self->high);
	ASSERT_EQ(DF_OK, df_proof_provoke(&self->low, &self->t)) DF_VERDICT(&self->low);
}

FIXTURE_TEARDOWN(two_pins)
{
	df_proof_end(&self->low, NULL);
	df_proof_end(&self->high, &self->t);
	DF_WORLD_DONE(&self->w);
}

/* The file system scans upwards: it sleeps on the low page first. */
TEST_F(two_pins, waits_for_both_low_first)
{
	ASSERT_EQ(DF_OK, df_proof_blocked(&self->low, &self->t)) DF_VERDICT(&self->low);
	ASSERT_EQ(DF_OK, df_proof_release(&self->low)) DF_VERDICT(&self->low);
	ASSERT_EQ(DF_OK, df_proof_moves_on(&self->low, &self->high, &self->t))
		DF_VERDICT(&self->high);
	ASSERT_EQ(DF_OK, df_proof_release(&self->high)) DF_VERDICT(&self->high);
	ASSERT_EQ(DF_OK, df_proof_woken(&self->high, &self->t)) DF_VERDICT(&self->high);
	EXPECT_EQ(DF_OK, df_proof_idle(&self->low)) DF_VERDICT(&self->low);
	EXPECT_EQ(DF_OK, df_proof_idle(&self->high)) DF_VERDICT(&self->high);
}

TEST_F(two_pins, waits_for_both_high_first)
{
	ASSERT_EQ(DF_OK, df_proof_blocked(&self->low, &self->t)) DF_VERDICT(&self->low);
	ASSERT_EQ(DF_OK, df_proof_release(&self->high)) DF_VERDICT(&self->high);
	ASSERT_EQ(DF_OK, df_proof_blocked(&self->low, &self->t)) DF_VERDICT(&self->low);
	ASSERT_EQ(DF_OK, df_proof_release(&self->low)) DF_VERDICT(&self->low);
	ASSERT_EQ(DF_OK, df_proof_woken(&self->low, &self->t)) DF_VERDICT(&self->low);
	EXPECT_EQ(DF_OK, df_proof_idle(&self->low)) DF_VERDICT(&self->low);
	EXPECT_EQ(DF_OK, df_proof_idle(&self->high)) DF_VERDICT(&self->high);
}

DF_HARNESS_MAIN
