// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pin that may last for ever is refused on fsdax, with EOPNOTSUPP, and
 * leaves the pages as they were: a file system cannot wait for ever.
 */
#include <liburing.h>

#include "harness.h"

FIXTURE(refused) {
	struct df_world w;
	struct daxwake_page before;
};

FIXTURE_VARIANT(refused) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(refused);

FIXTURE_SETUP(refused)
{
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_LEN(variant->fault),
				 variant->fault));
	ASSERT_EQ(0, __df_pages_at(self->w.dev, self->w.file.map, 1, &self->before));
}

FIXTURE_TEARDOWN(refused)
{
	DF_WORLD_DONE(&self->w);
}

#define EXPECT_UNTOUCHED() do {						\
	struct daxwake_page now;					\
	EXPECT_EQ(0, __df_pages_at(self->w.dev, self->w.file.map, 1, &now)); \
	EXPECT_EQ(self->before.pfn, now.pfn);				\
	EXPECT_EQ(self->before.refcount, now.refcount)			\
		TH_LOG("verdict: leaked_ref");				\
	EXPECT_EQ(self->before.pins, now.pins);				\
	EXPECT_EQ(self->before.flags, now.flags);			\
} while (0)

#define EXPECT_LONGTERM_REFUSED(flags) do {				\
	uint32_t handle;						\
	EXPECT_EQ(-EOPNOTSUPP, __df_pin(self->w.dev, self->w.file.map,	\
					self->w.file.len,		\
					(flags) | DAXWAKE_PIN_LONGTERM, &handle)) \
		TH_LOG("verdict: wrong_errno");				\
	EXPECT_UNTOUCHED();						\
} while (0)

TEST_F(refused, longterm_pin_to_write)
{
	EXPECT_LONGTERM_REFUSED(DAXWAKE_PIN_WRITE);
}

TEST_F(refused, longterm_pin_to_read)
{
	EXPECT_LONGTERM_REFUSED(0);
}

TEST_F(refused, longterm_pin_fast)
{
	EXPECT_LONGTERM_REFUSED(DAXWAKE_PIN_WRITE | DAXWAKE_PIN_FAST);
}

TEST_F(refused, io_uring_fixed_buffer)
{
	struct iovec iov = { self->w.file.map, self->w.file.len };
	struct io_uring ring;
	int ret = io_uring_queue_init(1, &ring, 0);

	ASSERT_EQ(0, ret);
	EXPECT_EQ(-EOPNOTSUPP, io_uring_register_buffers(&ring, &iov, 1))
		TH_LOG("verdict: wrong_errno");
	EXPECT_UNTOUCHED();
	io_uring_queue_exit(&ring);
}

/* The same call on ordinary memory works, so it is the file that is refused. */
TEST_F(refused, longterm_pin_of_anonymous_memory_is_not)
{
	void *anon = mmap(NULL, DF_PTE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	uint32_t handle;

	ASSERT_NE(MAP_FAILED, anon);
	EXPECT_EQ(0, __df_pin(self->w.dev, anon, DF_PTE,
			      DAXWAKE_PIN_WRITE | DAXWAKE_PIN_LONGTERM, &handle))
		TH_LOG("%s", df_reason());
}

/* --- users of such pins ---------------------------------------------------------- */

FIXTURE(refused_use) {
	struct df_world w;
	struct daxwake_page before;
	struct df_hold hold;
};

FIXTURE_VARIANT(refused_use) {
	const char *fstype;
	size_t fault;
	const struct df_source *src;
};

#define ADD(fs, size, bytes, how)					\
	FIXTURE_VARIANT_ADD(refused_use, fs##_##size##_##how) {		\
		.fstype = #fs, .fault = bytes, .src = &df_source_##how }

/* file system by file system: making one costs more than a test */
#define EACH_USE(fs, size, bytes)					\
	ADD(fs, size, bytes, xdp_umem);					\
	ADD(fs, size, bytes, rdma_mr);					\
	ADD(fs, size, bytes, vfio_dma)

DF_EACH_FSDAX(EACH_USE);

FIXTURE_SETUP(refused_use)
{
	self->hold.src = variant->src;
	if (variant->src->needs)
		DF_REQUIRE(df_require(variant->src->needs));
	DF_REQUIRE(variant->src->init(&self->hold));
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_LEN(variant->fault),
				 variant->fault));
	ASSERT_EQ(0, __df_pages_at(self->w.dev, self->w.file.map, 1, &self->before));
}

FIXTURE_TEARDOWN(refused_use)
{
	variant->src->done(&self->hold);
	DF_WORLD_DONE(&self->w);
}

TEST_F(refused_use, eopnotsupp_and_untouched)
{
	EXPECT_EQ(-EOPNOTSUPP, variant->src->hold(&self->hold, self->w.file.map, self->w.file.len))
		TH_LOG("verdict: wrong_errno");
	EXPECT_UNTOUCHED();
}

/* The same call takes other memory, so it is the file that is refused. */
TEST_F(refused_use, anonymous_memory_is_taken)
{
	void *anon = mmap(NULL, DF_PTE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	ASSERT_NE(MAP_FAILED, anon);
	EXPECT_EQ(0, variant->src->hold(&self->hold, anon, DF_PTE)) TH_LOG("%s", df_reason());
}

DF_HARNESS_MAIN
