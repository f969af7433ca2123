// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where one page of a file has come in alone, a fault that could have 2 MiB around it
 * takes no more than its own page: what the file system knows of the first must not
 * stand for all of them, or it does not find who holds another.
 *
 *	small map, touch the first page  -->  map all, touch the middle, hold it
 *	-->  change waits  -->  release  -->  change ends
 *
 * And a page that came in with 511 others, which the file then lost, is one of its own.
 */
#include "harness.h"

#define MIDDLE (DF_PMD / 2)

FIXTURE(small_first) {
	struct df_world w;
	struct df_proof p;
	struct df_task t;
	char *small;
};

FIXTURE_VARIANT(small_first) {
	const char *fstype;
};

FIXTURE_VARIANT_ADD(small_first, ext4) { .fstype = "ext4" };
FIXTURE_VARIANT_ADD(small_first, xfs) { .fstype = "xfs" };

FIXTURE_SETUP(small_first)
{
	struct df_world *w = &self->w;
	struct df_file *f = &w->file;
	struct daxwake_page first;

	DF_REQUIRE(df_world_init(w, variant->fstype, DF_PTE, DF_PTE));
	df_file_done(f);
	DF_REQUIRE(df_file_create(f, &w->fs, w->dev, DF_PMD, DF_PMD));
	/* what is mapped has no room for more than a page */
	ASSERT_EQ(0, __df_file_map(f, 0, DF_PTE, MAP_SHARED, &self->small))
		TH_LOG("%s", df_reason());
	ASSERT_EQ(0, __df_touch(self->small)) TH_LOG("%s", df_reason());
	ASSERT_EQ(0, __df_pages_at(w->dev, self->small, 1, &first)) TH_LOG("%s", df_reason());
	ASSERT_EQ(DAXWAKE_LEVEL_PTE, first.level) TH_LOG("verdict: premise");
	f->pfn = first.pfn;
	ASSERT_EQ(0, __df_file_map(f, 0, DF_PMD, MAP_SHARED, &f->map)) TH_LOG("%s", df_reason());
	ASSERT_EQ(0, __df_touch(f->map + MIDDLE)) TH_LOG("%s", df_reason());
}

FIXTURE_TEARDOWN(small_first)
{
	df_proof_end(&self->p, &self->t);
	munmap(self->small, DF_PTE);
	DF_WORLD_DONE(&self->w);
}

TEST_F(small_first, holder_of_another_page_is_waited_for)
{
	struct df_proof *p = &self->p;

	*p = df_proof_of_pin(&self->w.file);
	p->page = MIDDLE;
	ASSERT_EQ(DF_OK, df_proof_until_blocked(p, &self->t)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
}

/* --- what is left of a huge page -------------------------------------------------- */

#define SOME (16 * DF_PTE)

FIXTURE(huge_first) {
	struct df_world w;
};

FIXTURE_VARIANT(huge_first) {
	const char *fstype;
};

FIXTURE_VARIANT_ADD(huge_first, ext4) { .fstype = "ext4" };
FIXTURE_VARIANT_ADD(huge_first, xfs) { .fstype = "xfs" };

FIXTURE_SETUP(huge_first)
{
	struct df_file *f = &self->w.file;
	uint64_t first;

	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_PMD, DF_PMD));
	first = f->pfn;
	ASSERT_EQ(0, __df_file_unmap(f));
	ASSERT_EQ(0, ftruncate(f->fd, SOME));
	f->len = SOME;
	f->fault = DF_PTE;
	ASSERT_EQ(0, __df_file_map(f, 0, SOME, MAP_SHARED, &f->map)) TH_LOG("%s", df_reason());
	ASSERT_EQ(0, __df_file_fault(f)) TH_LOG("%s", df_reason());
	ASSERT_EQ(first, f->pfn) TH_LOG("verdict: premise");
}

FIXTURE_TEARDOWN(huge_first)
{
	DF_WORLD_DONE(&self->w);
}

/* Its second page has been where the kernel keeps the size of the huge one. */
TEST_F(huge_first, holder_of_a_page_of_it_is_waited_for)
{
	struct df_proof p = df_proof_of_pin(&self->w.file);

	p.page = DF_PTE;
	p.hold.how = DAXWAKE_UNPIN_USER_PAGES_DIRTY_LOCK;
	EXPECT_EQ(DF_OK, __df_prove(&p)) DF_VERDICT(&p);
}

DF_HARNESS_MAIN
