// SPDX-License-Identifier: GPL-2.0-only
/*
 * Positive controls of pgmap_life_test.c: pages that are counted wrong by one on
 * purpose are seen as just that, whatever their memory is.
 *
 *	one reference stays		leaked_ref
 *	one more is given back		early
 *	one more free callback		double_free
 */
#include "harness.h"

FIXTURE(pgmap_control) {
	struct df_pgmap m;
	int dev;
	struct df_life l;
};

FIXTURE_VARIANT(pgmap_control) {
	enum daxwake_pgmap type;
};

FIXTURE_VARIANT_ADD(pgmap_control, private) { DAXWAKE_PGMAP_PRIVATE };
FIXTURE_VARIANT_ADD(pgmap_control, coherent) { DAXWAKE_PGMAP_COHERENT };
FIXTURE_VARIANT_ADD(pgmap_control, fs_dax) { DAXWAKE_PGMAP_FS_DAX };
FIXTURE_VARIANT_ADD(pgmap_control, generic) { DAXWAKE_PGMAP_GENERIC };

FIXTURE_SETUP(pgmap_control)
{
	struct daxwake_info info;

	DF_REQUIRE(df_dev_open(&self->dev));
	ASSERT_EQ(0, __df_info(self->dev, &info));
	if (!(info.out_injects & 1ULL << DAXWAKE_INJECT_LEAK_REF))
		DF_REQUIRE(df_lacks("this kernel cannot be probed (set CONFIG_KPROBES)"));
	DF_REQUIRE(df_pgmap_init(&self->m, self->dev, variant->type, 0));
	self->l = (struct df_life){ .m = &self->m, .refs = 1, .how = DAXWAKE_PUT_PAGE };
}

FIXTURE_TEARDOWN(pgmap_control)
{
	close(self->dev);
}

#define EXPECT_SEEN(expected, what) do {				\
	ASSERT_EQ(0, __df_arm(self->dev, what, self->m.pfn, 1))		\
		TH_LOG("verdict: control: %s", df_reason());		\
	EXPECT_EQ(expected, __df_prove_life(&self->l)) {		\
		TH_LOG("verdict: control");				\
		TH_LOG("seen as %s instead of %s; %s",			\
		       df_verdict_name(self->l.verdict),		\
		       df_verdict_name(expected), self->l.detail);	\
	}								\
	EXPECT_EQ(1, __df_disarm(self->dev, what)) {			\
		TH_LOG("verdict: control");				\
		TH_LOG("the fault was armed and never happened");	\
	}								\
} while (0)

TEST_F(pgmap_control, extra_reference_is_a_leaked_ref)
{
	EXPECT_SEEN(DF_LEAKED_REF, DAXWAKE_INJECT_LEAK_REF);
}

TEST_F(pgmap_control, missing_reference_is_early)
{
	EXPECT_SEEN(DF_EARLY, DAXWAKE_INJECT_DROP_REF);
}

TEST_F(pgmap_control, second_callback_is_a_double_free)
{
	EXPECT_SEEN(DF_DOUBLE_FREE, DAXWAKE_INJECT_FREE_TWICE);
}

DF_HARNESS_MAIN
