// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hole of a file that is read through a mapping shows the zero page, and so
 * do blocks that were never written. That page belongs to no file: a layout
 * change does not wait for it, whoever else uses it, and leaves it alone. What
 * is written there later is waited for, and seen through the mapping.
 */
#include <string.h>

#include "harness.h"

FIXTURE(zero_page) {
	struct df_world w;
	struct df_task t;
	struct df_hold pipe;
};

FIXTURE_VARIANT(zero_page) {
	const char *fstype;
	size_t fault;
	bool unwritten;		/* blocks, but no data */
};

DF_VARIANT_ADD_EACH_FSDAX(zero_page);
FIXTURE_VARIANT_ADD(zero_page, ext4_unwritten) {
	.fstype = "ext4", .fault = DF_PTE, .unwritten = true };
FIXTURE_VARIANT_ADD(zero_page, xfs_unwritten) {
	.fstype = "xfs", .fault = DF_PTE, .unwritten = true };

/* The page under the mapping has the flags @set and not the others of the two. */
#define ASSERT_PAGE_IS(set) do {					\
	struct daxwake_page page;					\
	ASSERT_EQ(0, __df_pages_at(self->w.dev, self->w.file.map, 1, &page)); \
	ASSERT_EQ(set, page.flags & (DAXWAKE_PAGE_ZERO | DAXWAKE_PAGE_DEVICE)) \
		TH_LOG("verdict: premise");				\
	ASSERT_EQ(variant->fault == DF_PMD ? DAXWAKE_LEVEL_PMD : DAXWAKE_LEVEL_PTE, page.level) \
		TH_LOG("verdict: premise");				\
} while (0)

FIXTURE_SETUP(zero_page)
{
	struct df_file *f = &self->w.file;

	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_LEN(variant->fault),
				 variant->fault));
	ASSERT_EQ(0, __df_file_unmap(f));
	ASSERT_EQ(0, ftruncate(f->fd, 0));
	ASSERT_EQ(0, ftruncate(f->fd, f->len));
	if (variant->unwritten)
		ASSERT_EQ(0, fallocate(f->fd, 0, 0, f->len));
	DF_REQUIRE(__df_file_map(f, 0, f->len, MAP_SHARED, &f->map));
	ASSERT_EQ(0, *(volatile char *)f->map);
	ASSERT_PAGE_IS(DAXWAKE_PAGE_ZERO);
}

FIXTURE_TEARDOWN(zero_page)
{
	if (self->pipe.src)
		self->pipe.src->drop(&self->pipe);
	if (self->t.pid > 0)
		EXPECT_EQ(0, __df_task_kill(&self->t)) TH_LOG("verdict: unkillable");
	DF_WORLD_DONE(&self->w);
}

#define HINT_ZERO() DF_HINT("98c183a4fccf", "fs/dax: don't disassociate zero page entries")

#define EXPECT_NO_WAIT(trigger) do {					\
	const struct df_trigger *tr = &(trigger);			\
	char splat[256];						\
	ASSERT_EQ(0, df_task_start(&self->t, tr->name, tr->run, &self->w.file, NULL)); \
	ASSERT_EQ(0, __df_task_join(&self->t, df_deadline())) {		\
		TH_LOG("verdict: overwait");				\
		TH_LOG("slept: %s", self->t.slept);			\
		TH_LOG("%s waits for the zero page", tr->name);		\
	}								\
	EXPECT_EQ(0, df_task_returned(&self->t)) TH_LOG("verdict: wrong_errno"); \
	EXPECT_EQ(0, __df_kmsg_splat(splat, sizeof(splat))) {		\
		TH_LOG("verdict: splat");				\
		TH_LOG("kernel log: %s", splat);			\
		HINT_ZERO();						\
	}								\
} while (0)

TEST_F(zero_page, truncate_does_not_wait_for_it)
{
	EXPECT_NO_WAIT(df_trigger_truncate);
}

TEST_F(zero_page, punch_does_not_wait_for_it)
{
	EXPECT_NO_WAIT(df_trigger_punch);
}

TEST_F(zero_page, truncate_does_not_wait_for_it_in_a_pipe)
{
	self->pipe.src = &df_source_vmsplice;
	ASSERT_EQ(0, self->pipe.src->hold(&self->pipe, self->w.file.map, DF_PTE));
	EXPECT_NO_WAIT(df_trigger_truncate);
}

/* It belongs to all holes there are, of all files. */
TEST_F(zero_page, next_hole_shows_it_again)
{
	struct df_file *f = &self->w.file;

	EXPECT_NO_WAIT(df_trigger_truncate);
	ASSERT_EQ(0, ftruncate(f->fd, f->len));
	EXPECT_EQ(0, *(volatile char *)f->map) TH_LOG("verdict: wrong_data");
	ASSERT_PAGE_IS(DAXWAKE_PAGE_ZERO);
}

TEST_F(zero_page, truncate_waits_for_what_is_written_over_it)
{
	struct df_proof p = {
		.file = &self->w.file,
		.trigger = &df_trigger_truncate,
		.len = DF_PTE,
		.hold = { .src = &df_source_vmsplice },
	};

	*(volatile char *)self->w.file.map = 1;
	ASSERT_PAGE_IS(DAXWAKE_PAGE_DEVICE);
	EXPECT_EQ(DF_OK, __df_prove(&p)) DF_VERDICT(&p);
}

/*
 * Page by page: when ext4 writes the first of a few unwritten blocks it writes
 * zeroes to the others, which are not new any more when they are written.
 */
TEST_F(zero_page, write_shows_in_the_mapping)
{
	struct df_file *f = &self->w.file;
	volatile char *map = f->map;
	size_t off;

	for (off = 0; off < 4 * DF_PTE; off += DF_PTE)
		ASSERT_EQ(0, map[off]);
	for (off = 0; off < 4 * DF_PTE; off += DF_PTE) {
		ASSERT_EQ(1, pwrite(f->fd, "x", 1, off));
		EXPECT_EQ('x', map[off]) {
			TH_LOG("verdict: wrong_data");
			TH_LOG("page %zu of the mapping shows zeroes after write(2) to it",
			       off / DF_PTE);
		}
	}
}

DF_HARNESS_MAIN
