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

#define EXPECT_SEEN_AS(expected, what, pfn, prove, l) do {		\
	ASSERT_EQ(0, __df_arm(self->dev, what, pfn, 1))			\
		TH_LOG("verdict: control: %s", df_reason());		\
	EXPECT_EQ(expected, prove(l)) {					\
		TH_LOG("verdict: control");				\
		TH_LOG("seen as %s instead of %s; %s",			\
		       df_verdict_name((l)->verdict),			\
		       df_verdict_name(expected), (l)->detail);		\
	}								\
} while (0)

#define EXPECT_FIRED(what) do {						\
	EXPECT_EQ(1, __df_disarm(self->dev, what)) {			\
		TH_LOG("verdict: control");				\
		TH_LOG("the fault was armed and never happened");	\
	}								\
} while (0)

#define EXPECT_SEEN(expected, what) do {				\
	EXPECT_SEEN_AS(expected, what, self->m.pfn, __df_prove_life, &self->l); \
	EXPECT_FIRED(what);						\
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

/* --- of a PCI device ---------------------------------------------------------- */

FIXTURE(p2pdma_control) {
	struct df_p2p p;
	int dev;
	struct df_p2p_life l;
};

FIXTURE_SETUP(p2pdma_control)
{
	DF_REQUIRE(df_p2p_init(&self->p));
	DF_REQUIRE(df_dev_open(&self->dev));
	self->l = (struct df_p2p_life){
		.p = &self->p, .dev = self->dev, .how = DAXWAKE_UNPIN_USER_PAGE,
	};
	ASSERT_EQ(0, __df_p2p_life_begin(&self->l)) TH_LOG("%s", df_reason());
}

/* What was counted wrong is counted right again. */
FIXTURE_TEARDOWN(p2pdma_control)
{
	size_t available = 0;

	__df_p2p_life_end(&self->l);
	close(self->dev);
	EXPECT_EQ(0, __df_p2p_available(&self->p, &available));
	EXPECT_EQ(self->l.available, available);
}

#define EXPECT_P2P_SEEN(expected, what)					\
	EXPECT_SEEN_AS(expected, what, self->l.pfn, __df_p2p_life_prove, &self->l)

TEST_F(p2pdma_control, no_fault_gets_no_verdict)
{
	EXPECT_EQ(DF_OK, __df_p2p_life_prove(&self->l)) DF_VERDICT(&self->l);
}

TEST_F(p2pdma_control, extra_reference_is_a_leaked_ref)
{
	EXPECT_P2P_SEEN(DF_LEAKED_REF, DAXWAKE_INJECT_LEAK_REF);
	EXPECT_FIRED(DAXWAKE_INJECT_LEAK_REF);
}

TEST_F(p2pdma_control, missing_reference_is_early)
{
	EXPECT_P2P_SEEN(DF_EARLY, DAXWAKE_INJECT_DROP_REF);
	EXPECT_FIRED(DAXWAKE_INJECT_DROP_REF);
}

TEST_F(p2pdma_control, second_callback_is_a_double_free)
{
	EXPECT_P2P_SEEN(DF_DOUBLE_FREE, DAXWAKE_INJECT_FREE_TWICE);
	/* the driver keeps it from being freed again, until nobody else has it */
	EXPECT_EQ(0, __df_p2p_life_end(&self->l));
	EXPECT_FIRED(DAXWAKE_INJECT_FREE_TWICE);
}

DF_HARNESS_MAIN
