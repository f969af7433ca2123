// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page of a PCI device (P2PDMA) that was pinned outlives its mapping. It is in
 * the pool again after its last reference, by whichever function that is given
 * back, and not before.
 */
#include "harness.h"

FIXTURE(p2pdma_life) {
	struct df_p2p p;
	int dev;
	struct daxwake_info info;
};

FIXTURE_VARIANT(p2pdma_life) {
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(p2pdma_life, slow) { 0 };
FIXTURE_VARIANT_ADD(p2pdma_life, fast) { DAXWAKE_PIN_FAST };

FIXTURE_SETUP(p2pdma_life)
{
	DF_REQUIRE(df_p2p_init(&self->p));
	DF_REQUIRE(df_dev_open(&self->dev));
	DF_REQUIRE(df_kmsg_init());
	ASSERT_EQ(0, __df_info(self->dev, &self->info));
}

FIXTURE_TEARDOWN(p2pdma_life)
{
	close(self->dev);
	DF_NO_SPLAT();
}

#define EXPECT_FREED_ONCE(how_, ctx_) do {				\
	struct df_p2p_life l = {					\
		.p = &self->p, .dev = self->dev, .flags = variant->flags, \
		.how = how_, .ctx = ctx_,				\
	};								\
	if (df_gives_back(&self->info, how_, ctx_)) {			\
		ASSERT_EQ(0, __df_p2p_life_begin(&l)) TH_LOG("%s", df_reason()); \
		EXPECT_EQ(DF_OK, __df_p2p_life_prove(&l)) DF_VERDICT(&l); \
		ASSERT_EQ(0, __df_p2p_life_end(&l));			\
	}								\
} while (0)

TEST_F(p2pdma_life, each_function_frees_it_once)
{
	for (unsigned int how = 0; how < DAXWAKE_HOW_COUNT; how++)
		EXPECT_FREED_ONCE(how, DAXWAKE_CTX_CALLER);
}

TEST_F(p2pdma_life, it_is_freed_once_wherever_that_happens)
{
	for (unsigned int ctx = 0; ctx < DAXWAKE_CTX_COUNT; ctx++) {
		EXPECT_FREED_ONCE(DAXWAKE_UNPIN_USER_PAGE, ctx);
		EXPECT_FREED_ONCE(DAXWAKE_PUT_PAGE, ctx);
		EXPECT_FREED_ONCE(DAXWAKE_RELEASE_PAGES, ctx);
	}
}

DF_HARNESS_MAIN
