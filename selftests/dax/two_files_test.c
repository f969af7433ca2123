// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two files, a page of each held and somebody waiting for each: a release
 * wakes who waits for that page, and nobody comes to an end who waits for the
 * other.
 */
#include "harness.h"

FIXTURE(two_files) {
	struct df_world w;
	struct df_file second;
	struct df_proof one, two;
	struct df_task t1, t2;
};

FIXTURE_VARIANT(two_files) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(two_files);

FIXTURE_SETUP(two_files)
{
	struct df_proof *one = &self->one, *two = &self->two;
	size_t len = DF_LEN(variant->fault);

	self->second.fd = -1;
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, len, variant->fault));
	DF_REQUIRE(df_file_init(&self->second, &self->w.fs, self->w.dev, len, variant->fault));
	*one = df_proof_of_pin(&self->w.file);
	*two = *one;
	two->file = &self->second;
	two->trigger = &df_trigger_punch;

	ASSERT_EQ(DF_OK, df_proof_hold(one)) DF_VERDICT(one);
	ASSERT_EQ(DF_OK, df_proof_hold(two)) DF_VERDICT(two);
	ASSERT_EQ(DF_OK, df_proof_provoke(one, &self->t1)) DF_VERDICT(one);
	ASSERT_EQ(DF_OK, df_proof_provoke(two, &self->t2)) DF_VERDICT(two);
	ASSERT_EQ(DF_OK, df_proof_blocked(one, &self->t1)) DF_VERDICT(one);
	ASSERT_EQ(DF_OK, df_proof_blocked(two, &self->t2)) DF_VERDICT(two);
}

FIXTURE_TEARDOWN(two_files)
{
	df_proof_end(&self->one, &self->t1);
	df_proof_end(&self->two, &self->t2);
	df_file_done(&self->second);
	DF_WORLD_DONE(&self->w);
}

#define EXPECT_IN_ORDER(first, tf, last, tl) do {			\
	ASSERT_EQ(DF_OK, df_proof_release(first)) DF_VERDICT(first);	\
	ASSERT_EQ(DF_OK, df_proof_woken(first, tf)) DF_VERDICT(first);	\
	EXPECT_EQ(DF_OK, df_proof_blocked(last, tl)) DF_VERDICT(last);	\
	ASSERT_EQ(DF_OK, df_proof_release(last)) DF_VERDICT(last);	\
	ASSERT_EQ(DF_OK, df_proof_woken(last, tl)) DF_VERDICT(last);	\
	EXPECT_EQ(DF_OK, df_proof_idle(first)) DF_VERDICT(first);	\
	EXPECT_EQ(DF_OK, df_proof_idle(last)) DF_VERDICT(last);		\
} while (0)

TEST_F(two_files, release_wakes_only_its_own_in_order)
{
	EXPECT_IN_ORDER(&self->one, &self->t1, &self->two, &self->t2);
}

TEST_F(two_files, release_wakes_only_its_own_the_other_way_round)
{
	EXPECT_IN_ORDER(&self->two, &self->t2, &self->one, &self->t1);
}

DF_HARNESS_MAIN
