// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mapping may be used while a layout change waits: a page that it brings in
 * again is one more user of the file, but nothing to wait for. The last
 * release of what is held wakes the waiter, which takes the mappings away once
 * more and comes to its end.
 */
#include "harness.h"

FIXTURE(touched) {
	struct df_world w;
	struct df_proof p;
	struct df_task t;
};

FIXTURE_VARIANT(touched) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(touched);

FIXTURE_SETUP(touched)
{
	struct df_proof *p = &self->p;

	DF_REQUIRE(df_world_init(&self->w, variant->fstype, 2 * variant->fault,
				 variant->fault));
	self->p = df_proof_of_pin(&self->w.file);
	ASSERT_EQ(DF_OK, df_proof_until_blocked(p, &self->t)) DF_VERDICT(p);
}

FIXTURE_TEARDOWN(touched)
{
	df_proof_end(&self->p, &self->t);
	DF_WORLD_DONE(&self->w);
}

/* Taken away by the waiter, brought in by the touch; else it proves nothing. */
#define ASSERT_TOUCHED(off) do {					\
	char *at = self->w.file.map + (off);				\
	struct daxwake_page page;					\
	ASSERT_EQ(0, __df_pages_at(self->w.dev, at, 1, &page));		\
	ASSERT_FALSE(page.flags & DAXWAKE_PAGE_PRESENT) TH_LOG("verdict: premise"); \
	ASSERT_EQ(0, __df_touch(at)) {					\
		TH_LOG("verdict: hang");				\
		TH_LOG("%s", df_reason());				\
	}								\
	ASSERT_EQ(0, __df_pages_at(self->w.dev, at, 1, &page));		\
	ASSERT_TRUE(page.flags & DAXWAKE_PAGE_PRESENT) TH_LOG("verdict: premise"); \
	ASSERT_FALSE(df_task_done(&self->t)) TH_LOG("verdict: early");	\
} while (0)

TEST_F(touched, release_wakes_though_the_held_page_is_mapped)
{
	struct df_proof *p = &self->p;

	ASSERT_TOUCHED(0);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
}

TEST_F(touched, release_wakes_though_another_page_is_mapped)
{
	struct df_proof *p = &self->p;

	ASSERT_TOUCHED(variant->fault);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
}

/* At the latest when the mapping goes, too, and whichever of the two goes last. */
TEST_F(touched, unmapping_after_release_wakes)
{
	struct df_proof *p = &self->p;

	ASSERT_TOUCHED(0);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	ASSERT_EQ(0, __df_file_unmap(&self->w.file));
	ASSERT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
}

TEST_F(touched, release_after_unmapping_wakes)
{
	struct df_proof *p = &self->p;

	ASSERT_TOUCHED(0);
	ASSERT_EQ(0, __df_file_unmap(&self->w.file));
	ASSERT_EQ(DF_OK, df_proof_blocked(p, &self->t)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
}

DF_HARNESS_MAIN
