// SPDX-License-Identifier: GPL-2.0-only
/*
 * A layout change that waits for one pin waits for another, too, that is taken
 * meanwhile:
 *
 *	on another page		found when it looks again after the first release
 *	on the same page	the page is not idle before both are gone
 */
#include "harness.h"

FIXTURE(late_pin) {
	struct df_world w;
	struct df_proof first, late;
	struct df_task t;
};

FIXTURE_VARIANT(late_pin) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(late_pin);

FIXTURE_SETUP(late_pin)
{
	struct df_proof *p = &self->first;

	DF_REQUIRE(df_world_init(&self->w, variant->fstype, 2 * variant->fault,
				 variant->fault));
	*p = df_proof_of_pin(&self->w.file);
	self->late = *p;
	ASSERT_EQ(DF_OK, df_proof_until_blocked(p, &self->t)) DF_VERDICT(p);
}

FIXTURE_TEARDOWN(late_pin)
{
	df_proof_end(&self->first, NULL);
	df_proof_end(&self->late, &self->t);
	DF_WORLD_DONE(&self->w);
}

/* The waiter took the page from the mapping; to be held it has to be there. */
#define ASSERT_HOLD_LATE(off) do {					\
	struct df_proof *late = &self->late;				\
	late->page = off;						\
	ASSERT_EQ(0, __df_touch(self->w.file.map + (off))) {		\
		TH_LOG("verdict: hang");				\
		TH_LOG("%s", df_reason());				\
	}								\
	ASSERT_EQ(DF_OK, df_proof_hold(late)) DF_VERDICT(late);		\
	ASSERT_FALSE(df_task_done(&self->t)) TH_LOG("verdict: early");	\
} while (0)

TEST_F(late_pin, another_page_is_waited_for)
{
	struct df_proof *first = &self->first, *late = &self->late;

	ASSERT_HOLD_LATE(variant->fault);
	ASSERT_EQ(DF_OK, df_proof_release(first)) DF_VERDICT(first);
	ASSERT_EQ(DF_OK, df_proof_moves_on(first, late, &self->t)) DF_VERDICT(late);
	ASSERT_EQ(DF_OK, df_proof_release(late)) DF_VERDICT(late);
	ASSERT_EQ(DF_OK, df_proof_woken(late, &self->t)) DF_VERDICT(late);
	EXPECT_EQ(DF_OK, df_proof_idle(first)) DF_VERDICT(first);
	EXPECT_EQ(DF_OK, df_proof_idle(late)) DF_VERDICT(late);
}

/* Unmapped, since a mapping that stays is another story: touched_test.c. */
TEST_F(late_pin, same_page_stays_waited_for)
{
	struct df_proof *first = &self->first, *late = &self->late;

	late->priv = first;	/* it is held already */
	ASSERT_HOLD_LATE(0);
	ASSERT_EQ(0, __df_file_unmap(&self->w.file));
	ASSERT_EQ(DF_OK, df_proof_release(first)) DF_VERDICT(first);
	ASSERT_EQ(DF_OK, df_proof_blocked(late, &self->t)) DF_VERDICT(late);
	ASSERT_EQ(DF_OK, df_proof_release(late)) DF_VERDICT(late);
	ASSERT_EQ(DF_OK, df_proof_woken(late, &self->t)) DF_VERDICT(late);
	EXPECT_EQ(DF_OK, df_proof_idle(late)) DF_VERDICT(late);
}

DF_HARNESS_MAIN
