// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device-dax page may be held for as long as one likes, also by
 * FOLL_LONGTERM: the hold outlives the mapping, and when it ends the counts
 * are what they were before the first touch.
 */
#include <sys/random.h>

#include "harness.h"

FIXTURE(devdax) {
	struct df_devdax d;
	int dev;
	size_t len;		/* of the mapping: a page of the device's at least */
	char *map, *at;		/* what of it is held: in a huge page not its first part */
	struct daxwake_info info;
	struct daxwake_page mapped;	/* while mapped, before it is held */
	struct df_hold hold;
};

FIXTURE_VARIANT(devdax) {
	size_t align;
	const struct df_source *src;
	uint32_t flags;
	enum daxwake_how how;
	bool optional;		/* kernels may refuse it instead */
};

#define ADD(size, bytes, kind, flags_, how_)				\
	FIXTURE_VARIANT_ADD(devdax, align_##size##_##kind) {		\
		.align = bytes, .src = &df_source_driver, .flags = flags_, .how = how_ }
#define ADD_USE(size, bytes, use, ...)					\
	FIXTURE_VARIANT_ADD(devdax, align_##size##_##use) {		\
		.align = bytes, .src = &df_source_##use, ##__VA_ARGS__ }

#define EACH_PIN(size, bytes)						\
	ADD(size, bytes, pin, DAXWAKE_PIN_WRITE, DAXWAKE_UNPIN_USER_PAGES); \
	ADD(size, bytes, pin_fast, DAXWAKE_PIN_WRITE | DAXWAKE_PIN_FAST, \
	    DAXWAKE_UNPIN_USER_PAGE);					\
	ADD(size, bytes, longterm, DAXWAKE_PIN_WRITE | DAXWAKE_PIN_LONGTERM, \
	    DAXWAKE_UNPIN_USER_PAGES_DIRTY_LOCK);			\
	ADD(size, bytes, get, DAXWAKE_PIN_GET, DAXWAKE_PUT_PAGE)
#define EACH_USE(size, bytes)						\
	ADD_USE(size, bytes, xdp_umem);					\
	ADD_USE(size, bytes, uring_buffers, .optional = true);		\
	ADD_USE(size, bytes, rdma_mr);					\
	ADD_USE(size, bytes, vfio_dma)

EACH_PIN(2m, DF_PMD);
EACH_USE(2m, DF_PMD);
EACH_PIN(4k, DF_PTE);
EACH_USE(4k, DF_PTE);
EACH_PIN(1g, DF_PUD);

#define HOLD() variant->src->hold(&self->hold, self->at, DF_PMD)

static unsigned int level(size_t align)
{
	if (align == DF_PUD)
		return DAXWAKE_LEVEL_PUD;
	return align == DF_PMD ? DAXWAKE_LEVEL_PMD : DAXWAKE_LEVEL_PTE;
}

#ifdef __x86_64__
#define TABLE_ENTRY 0xe7	/* a page of 2 MiB, accessed and dirty, for all to write */
#else
#define TABLE_ENTRY 0
#endif

/*
 * Who takes the leaf of 1 GiB for a table reads the page itself, and if that is
 * zeroes goes another way, unharmed. Here it names huge pages of our own RAM.
 */
static int look_like_a_table(uint64_t *page, int dev)
{
	struct daxwake_page ram = {};
	char *area = mmap(NULL, 2 * DF_PMD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0), *at;
	int ret;

	if (area == MAP_FAILED)
		return -ENOMEM;
	at = area + DF_PMD - (uintptr_t)area % DF_PMD;
	madvise(at, DF_PMD, MADV_HUGEPAGE);
	*at = 1;
	ret = __df_pages_at(dev, at, 1, &ram);
	for (size_t i = 0; !ret && i < DF_PTE / sizeof(*page); i++)
		page[i] = ram.pfn % (DF_PMD / DF_PTE) ? 0 : ram.pfn * DF_PTE | TABLE_ENTRY;
	return ret;
}

FIXTURE_SETUP(devdax)
{
	self->hold = (struct df_hold) {
		.src = variant->src, .pin_flags = variant->flags, .how = variant->how,
	};
	if (variant->src->needs)
		DF_REQUIRE(df_require(variant->src->needs));
	if (variant->src->init)
		DF_REQUIRE(variant->src->init(&self->hold));
	DF_REQUIRE(df_dev_open(&self->dev));
	self->hold.dev = self->dev;
	DF_REQUIRE(df_devdax_init(&self->d, variant->align));
	DF_REQUIRE(df_kmsg_init());
	ASSERT_EQ(0, __df_info(self->dev, &self->info));

	self->len = variant->align == DF_PUD ? DF_PUD : DF_PMD;
	self->map = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, self->d.fd, 0);
	ASSERT_NE(MAP_FAILED, self->map);
	self->at = self->map + (self->len - DF_PMD) / 2 / DF_PMD * DF_PMD;
	/* the first touch is not the test's own, which would die of a fault that fails */
	ASSERT_EQ(1, getrandom(self->at, 1, 0)) TH_LOG("verdict: premise");
	memset(self->at, 0x5a, DF_PMD);
	if (variant->align == DF_PUD)
		ASSERT_EQ(0, look_like_a_table((uint64_t *)self->map, self->dev));
	ASSERT_EQ(0, __df_pages_at(self->dev, self->at, 1, &self->mapped));

	/* the premises: device memory of the right kind, mapped at the right size */
	ASSERT_EQ(DAXWAKE_PGMAP_GENERIC, self->mapped.pgmap) TH_LOG("verdict: premise");
	ASSERT_EQ(level(variant->align), self->mapped.level) TH_LOG("verdict: premise");
	ASSERT_EQ(0, self->mapped.pins) TH_LOG("verdict: premise");
	ASSERT_EQ(0, self->mapped.refs) TH_LOG("verdict: premise");
	ASSERT_EQ(0, self->mapped.head_pfn % (1UL << self->mapped.order))
		TH_LOG("verdict: premise");

	if (variant->optional) {
		if (HOLD() == -EOPNOTSUPP)
			DF_REQUIRE(df_lacks("%s: no memory of a device here", variant->src->name));
		variant->src->drop(&self->hold);
	}
}

FIXTURE_TEARDOWN(devdax)
{
	if (self->map)
		munmap(self->map, self->len);
	if (variant->src->done)
		variant->src->done(&self->hold);
	close(self->dev);
	if (self->mapped.pfn && self->len == DF_PMD)
		EXPECT_EQ(0, __df_devdax_mend(&self->d, self->mapped.pfn, DF_PMD))
			TH_LOG("%s", df_reason());
	df_devdax_done(&self->d);
	DF_NO_SPLAT();
}

struct settle {
	int dev;
	uint64_t pfn;
	int refcount;
	struct daxwake_page now;
};

static bool settled(void *arg)
{
	struct settle *s = arg;

	return !__df_pages_pfn(s->dev, s->pfn, 1, &s->now) &&
	       s->now.refcount == s->refcount && !s->now.pins && !s->now.refs;
}

/* Some give back in a worker of theirs. */
#define EXPECT_SETTLED(s)						\
	EXPECT_TRUE(df_poll(settled, &(s), variant->src->completes ?	\
			    df_settle() : df_deadline())) {		\
		TH_LOG("verdict: leaked_ref");				\
		TH_LOG("refcount %d instead of %d, pins %d, other references %d", \
		       (s).now.refcount, (s).refcount, (s).now.pins, (s).now.refs); \
	}

/* Zapped pages lose their reference at the TLB flush, so this may take a moment. */
#define EXPECT_BASE() do {						\
	struct settle s = {						\
		.dev = self->dev,					\
		.pfn = self->mapped.pfn,				\
		.refcount = self->info.out_devdax_idle,			\
	};								\
	EXPECT_SETTLED(s);						\
} while (0)

TEST_F(devdax, unmap_gives_the_base_count_back)
{
	ASSERT_EQ(0, munmap(self->map, self->len));
	self->map = NULL;
	EXPECT_BASE();
}

TEST_F(devdax, hold_outlives_munmap)
{
	struct daxwake_page held, unmapped;

	ASSERT_EQ(0, HOLD()) TH_LOG("%s", df_reason());
	ASSERT_EQ(0, __df_pages_pfn(self->dev, self->mapped.pfn, 1, &held));
	ASSERT_LT(0, held.pins + held.refs) TH_LOG("verdict: premise");

	ASSERT_EQ(0, munmap(self->map, self->len));
	self->map = NULL;
	ASSERT_EQ(0, __df_pages_pfn(self->dev, self->mapped.pfn, 1, &unmapped));
	EXPECT_EQ(held.pins, unmapped.pins);

	ASSERT_EQ(0, variant->src->release(&self->hold)) TH_LOG("%s", df_reason());
	EXPECT_BASE();
}

TEST_F(devdax, release_before_munmap)
{
	struct settle s = {
		.dev = self->dev, .pfn = self->mapped.pfn, .refcount = self->mapped.refcount,
	};

	ASSERT_EQ(0, HOLD()) TH_LOG("%s", df_reason());
	ASSERT_EQ(0, variant->src->release(&self->hold)) TH_LOG("%s", df_reason());
	EXPECT_SETTLED(s);

	ASSERT_EQ(0, munmap(self->map, self->len));
	self->map = NULL;
	EXPECT_BASE();
}

DF_HARNESS_MAIN
