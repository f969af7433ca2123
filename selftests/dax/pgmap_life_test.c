// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page of ZONE_DEVICE memory is free after its last reference, by whichever
 * function that is given back, and not before; the memory's owner is told so
 * then, exactly once, if the type has somebody to be told:
 *
 *			told	->mapping when it is free
 *	private		once	cleared
 *	coherent	once	cleared
 *	fs_dax		never	as it was
 *	generic		never	as it was
 */
#include "harness.h"

FIXTURE(pgmap_life) {
	struct df_pgmap m;
	int dev;
	struct daxwake_info info;
};

FIXTURE_VARIANT(pgmap_life) {
	enum daxwake_pgmap type;
	unsigned int order;
};

FIXTURE_VARIANT_ADD(pgmap_life, private) { DAXWAKE_PGMAP_PRIVATE, 0 };
FIXTURE_VARIANT_ADD(pgmap_life, private_huge) { DAXWAKE_PGMAP_PRIVATE, 9 };
FIXTURE_VARIANT_ADD(pgmap_life, coherent) { DAXWAKE_PGMAP_COHERENT, 0 };
FIXTURE_VARIANT_ADD(pgmap_life, coherent_huge) { DAXWAKE_PGMAP_COHERENT, 9 };
FIXTURE_VARIANT_ADD(pgmap_life, fs_dax) { DAXWAKE_PGMAP_FS_DAX, 0 };
FIXTURE_VARIANT_ADD(pgmap_life, generic) { DAXWAKE_PGMAP_GENERIC, 0 };
FIXTURE_VARIANT_ADD(pgmap_life, generic_huge) { DAXWAKE_PGMAP_GENERIC, 9 };

FIXTURE_SETUP(pgmap_life)
{
	DF_REQUIRE(df_dev_open(&self->dev));
	DF_REQUIRE(df_kmsg_init());
	ASSERT_EQ(0, __df_info(self->dev, &self->info));
	DF_REQUIRE(df_pgmap_init(&self->m, self->dev, variant->type, variant->order));
}

FIXTURE_TEARDOWN(pgmap_life)
{
	close(self->dev);
	DF_NO_SPLAT();
}

#define EXPECT_FREED_ONCE(refs_, how_, ctx_) do {			\
	struct df_life l = { .m = &self->m, .refs = refs_, .how = how_, .ctx = ctx_ }; \
	if (df_gives_back(&self->info, how_, ctx_)) {			\
		ASSERT_EQ(DF_OK, __df_prove_life(&l)) DF_VERDICT(&l);	\
	}								\
} while (0)

TEST_F(pgmap_life, each_function_frees_it_once)
{
	for (unsigned int how = 0; how < DAXWAKE_HOW_COUNT; how++)
		EXPECT_FREED_ONCE(1, how, DAXWAKE_CTX_CALLER);
}

TEST_F(pgmap_life, many_references_at_once_free_it_once)
{
	for (unsigned int how = 0; how < DAXWAKE_HOW_COUNT; how++)
		EXPECT_FREED_ONCE(5, how, DAXWAKE_CTX_CALLER);
}

TEST_F(pgmap_life, it_is_freed_once_wherever_that_happens)
{
	for (unsigned int ctx = 0; ctx < DAXWAKE_CTX_COUNT; ctx++) {
		EXPECT_FREED_ONCE(1, DAXWAKE_UNPIN_USER_PAGE, ctx);
		EXPECT_FREED_ONCE(1, DAXWAKE_PUT_PAGE, ctx);
		EXPECT_FREED_ONCE(1, DAXWAKE_RELEASE_PAGES, ctx);
	}
}

TEST_F(pgmap_life, mapping_is_cleared_for_device_memory_only)
{
	struct daxwake_pgmap_page told;
	struct daxwake_page page;
	uint32_t handle;

	for (unsigned int how = DAXWAKE_PUT_PAGE; how < DAXWAKE_HOW_COUNT; how++) {
		if (!(self->info.out_releases & 1ULL << how))
			continue;
		ASSERT_EQ(0, __df_pgmap_take(&self->m, DAXWAKE_TAKE_MARK, 0, 1, &handle))
			TH_LOG("%s", df_reason());
		ASSERT_EQ(0, __df_pages_pfn(self->dev, self->m.pfn, 1, &page));
		ASSERT_TRUE(page.flags & DAXWAKE_PAGE_MAPPING) TH_LOG("verdict: premise");
		ASSERT_EQ(0, __df_release(self->dev, handle, how, DAXWAKE_CTX_CALLER, 0, DF_ALL));
		ASSERT_EQ(0, __df_pages_pfn(self->dev, self->m.pfn, 1, &page));
		EXPECT_EQ(!self->m.device, !!(page.flags & DAXWAKE_PAGE_MAPPING)) {
			TH_LOG("verdict: wrong_data");
			TH_LOG("by %s", df_how_name(how));
		}
		ASSERT_EQ(0, __df_pgmap_page(&self->m, 0, &told));
		EXPECT_FALSE(told.flags & DAXWAKE_PGMAP_FREED_MAPPED) {
			TH_LOG("verdict: wrong_data");
			TH_LOG("by %s, when it was called back", df_how_name(how));
		}
	}
}

/*
 * "Is get_page_unless_zero() never used on these pages?" It finds them wherever
 * somebody walks over page frames. It must fail on a free page, or, where free
 * pages have a count, do no harm.
 */
TEST_F(pgmap_life, get_page_unless_zero_of_a_free_page_does_no_harm)
{
	struct df_life l = { .m = &self->m, .refs = 1, .how = DAXWAKE_PUT_PAGE };
	struct daxwake_pgmap_page before, after;
	struct daxwake_page page;
	uint32_t handle;
	int ret;

	/* once fresh, once used and freed */
	for (int used = 0; used < 2; used++) {
		ASSERT_EQ(0, __df_pgmap_page(&self->m, 0, &before));
		ret = __df_pgmap_take(&self->m, DAXWAKE_TAKE_TRY, 0, 1, &handle);
		EXPECT_EQ(self->m.idle ? 0 : -EAGAIN, ret) TH_LOG("verdict: wrong_errno");
		if (!ret) {
			ASSERT_EQ(0, __df_release(self->dev, handle, DAXWAKE_PUT_PAGE,
						  DAXWAKE_CTX_CALLER, 0, DF_ALL));
		}
		ASSERT_EQ(0, __df_pgmap_page(&self->m, 0, &after));
		EXPECT_EQ(before.freed, after.freed) {
			TH_LOG("verdict: double_free");
			TH_LOG("called back as free though it was not out");
		}
		ASSERT_EQ(0, __df_pages_pfn(self->dev, self->m.pfn, 1, &page));
		EXPECT_EQ(self->m.idle, page.refcount) TH_LOG("verdict: leaked_ref");
		ASSERT_EQ(DF_OK, __df_prove_life(&l)) DF_VERDICT(&l);
	}
}

/* --- handed out again ------------------------------------------------------- */

FIXTURE(pgmap_reuse) {
	struct df_pgmap m;
	int dev;
};

FIXTURE_VARIANT(pgmap_reuse) {
	enum daxwake_pgmap type;
	unsigned int before, after;	/* order of what is handed out */
};

FIXTURE_VARIANT_ADD(pgmap_reuse, private) { DAXWAKE_PGMAP_PRIVATE, 0, 0 };
FIXTURE_VARIANT_ADD(pgmap_reuse, private_split) { DAXWAKE_PGMAP_PRIVATE, 9, 0 };
FIXTURE_VARIANT_ADD(pgmap_reuse, private_merged) { DAXWAKE_PGMAP_PRIVATE, 0, 9 };
FIXTURE_VARIANT_ADD(pgmap_reuse, coherent) { DAXWAKE_PGMAP_COHERENT, 0, 0 };
FIXTURE_VARIANT_ADD(pgmap_reuse, coherent_split) { DAXWAKE_PGMAP_COHERENT, 9, 0 };
FIXTURE_VARIANT_ADD(pgmap_reuse, coherent_merged) { DAXWAKE_PGMAP_COHERENT, 0, 9 };

FIXTURE_SETUP(pgmap_reuse)
{
	unsigned int order = variant->before | variant->after;

	DF_REQUIRE(df_dev_open(&self->dev));
	DF_REQUIRE(df_kmsg_init());
	DF_REQUIRE(df_pgmap_init(&self->m, self->dev, variant->type, order));
}

FIXTURE_TEARDOWN(pgmap_reuse)
{
	close(self->dev);
	DF_NO_SPLAT();
}

TEST_F(pgmap_reuse, freed_page_comes_back_clean)
{
	unsigned int n = self->m.npages >> variant->before, at = 0;
	struct daxwake_pgmap_page told;
	struct daxwake_page page;
	uint32_t handle;

	/* each page has been one of those that were handed out */
	self->m.order = variant->before;
	for (unsigned int i = 0; i < n; i++) {
		ASSERT_EQ(0, __df_pgmap_take(&self->m, DAXWAKE_TAKE_MARK, i, 3, &handle))
			TH_LOG("%s", df_reason());
		ASSERT_EQ(0, __df_release(self->dev, handle, DAXWAKE_PUT_PAGE,
					  DAXWAKE_CTX_CALLER, 0, DF_ALL));
	}

	self->m.order = variant->after;
	if (!variant->after)
		at = 5;		/* of a large folio a page in its midst */
	ASSERT_EQ(0, __df_pgmap_page(&self->m, at, &told));
	EXPECT_EQ(0, told.flags & DAXWAKE_PGMAP_OUT) TH_LOG("verdict: leaked_ref");
	ASSERT_EQ(0, __df_pgmap_take(&self->m, 0, at, 1, &handle)) TH_LOG("%s", df_reason());
	ASSERT_EQ(0, __df_pages_pfn(self->dev, self->m.pfn + at, 1, &page));
	EXPECT_EQ(self->m.idle + 1, page.refcount) TH_LOG("verdict: wrong_data");
	EXPECT_EQ(variant->after, page.order) TH_LOG("verdict: wrong_data");
	EXPECT_EQ(self->m.pfn + at, page.head_pfn) TH_LOG("verdict: wrong_data");
	EXPECT_EQ(0, page.mapcount) TH_LOG("verdict: wrong_data");
	EXPECT_FALSE(page.flags & DAXWAKE_PAGE_MAPPING) TH_LOG("verdict: wrong_data");
}

DF_HARNESS_MAIN
