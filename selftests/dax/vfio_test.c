// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that does DMA by itself (VFIO, behind an IOMMU) reaches the held
 * pages and no others: as long as they are mapped for it, whatever becomes of
 * the mapping they were found through, and not a moment longer.
 *
 *	page 0 --load--> device --store--> page 2	each takes it 100 ms
 *
 * That is for device-dax. Of files it reaches no page: refused_test.
 */
#include "harness.h"

#define HELD	(4 * DF_PTE)
#define FROM	0
#define TO	(2 * DF_PTE)

FIXTURE(vfio) {
	struct df_devdax d;
	struct df_vfio v;
	int dev;
	char *map;
	struct daxwake_page mapped;	/* while mapped, before it is held */
};

FIXTURE_VARIANT(vfio) {
	size_t align;
};

FIXTURE_VARIANT_ADD(vfio, align_2m) { .align = DF_PMD };
FIXTURE_VARIANT_ADD(vfio, align_4k) { .align = DF_PTE };

static char *map_device(const struct df_devdax *d)
{
	char *map = mmap(NULL, DF_PMD, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, 0);

	return map == MAP_FAILED ? NULL : map;
}

static unsigned char byte_at(size_t offset)
{
	return offset < FROM + DF_VFIO_COPY ? 0xd0 ^ df_file_byte(offset) : 0x5a;
}

static void fill(char *map)
{
	for (size_t at = 0; at < DF_PMD; at++)
		map[at] = byte_at(at);
}

/* The first offset that does not hold what it must, or -1. */
static ssize_t first_wrong(const char *map, bool stored)
{
	for (size_t at = 0; at < DF_PMD; at++) {
		bool copy = stored && at >= TO && at < TO + DF_VFIO_COPY;

		if ((unsigned char)map[at] != byte_at(copy ? at - TO + FROM : at))
			return at;
	}
	return -1;
}

FIXTURE_SETUP(vfio)
{
	struct daxwake_page held;

	DF_REQUIRE(df_vfio_init(&self->v));
	DF_REQUIRE(df_dev_open(&self->dev));
	DF_REQUIRE(df_devdax_init(&self->d, variant->align));
	DF_REQUIRE(df_kmsg_init());
	self->map = map_device(&self->d);
	ASSERT_NE(NULL, self->map);
	fill(self->map);
	ASSERT_EQ(0, __df_pages_at(self->dev, self->map, 1, &self->mapped));
	ASSERT_EQ(0, self->mapped.pins + self->mapped.refs) TH_LOG("verdict: premise");
	ASSERT_EQ(0, __df_vfio_map(&self->v, self->map, HELD, DF_VFIO_IOVA))
		TH_LOG("%s", df_reason());
	ASSERT_EQ(0, __df_pages_at(self->dev, self->map, 1, &held));
	ASSERT_LT(0, held.pins) TH_LOG("verdict: premise");
}

FIXTURE_TEARDOWN(vfio)
{
	if (self->map)
		munmap(self->map, DF_PMD);
	df_vfio_done(&self->v);
	close(self->dev);
	if (self->mapped.pfn)
		EXPECT_EQ(0, __df_devdax_mend(&self->d, self->mapped.pfn, DF_PMD))
			TH_LOG("%s", df_reason());
	df_devdax_done(&self->d);
	DF_NO_SPLAT();
}

#define LOAD() do {							\
	ASSERT_EQ(0, __df_vfio_load(&self->v, DF_VFIO_IOVA + FROM)) TH_LOG("%s", df_reason()); \
	ASSERT_EQ(0, __df_vfio_wait(&self->v)) TH_LOG("%s", df_reason()); \
} while (0)

#define EXPECT_HOLDS(stored, verdict) do {				\
	ssize_t wrong = first_wrong(self->map, stored);			\
	EXPECT_EQ(-1, wrong) {						\
		TH_LOG("verdict: %s", verdict);				\
		TH_LOG("byte %#zx is %#x", wrong, (unsigned char)self->map[wrong]); \
	}								\
} while (0)

TEST_F(vfio, device_copies_between_held_pages)
{
	LOAD();
	ASSERT_EQ(0, __df_vfio_store(&self->v, DF_VFIO_IOVA + TO)) TH_LOG("%s", df_reason());
	ASSERT_EQ(0, __df_vfio_wait(&self->v)) TH_LOG("%s", df_reason());
	EXPECT_HOLDS(true, "wrong_data");
}

/* Were it done before the mapping is gone, nothing would have been seen. */
static bool outlive(struct _test_data_vfio *self)
{
	bool busy;

	if (__df_vfio_store(&self->v, DF_VFIO_IOVA + TO))
		return false;
	munmap(self->map, DF_PMD);
	close(self->d.fd);
	busy = __df_vfio_busy(&self->v);
	if (__df_vfio_wait(&self->v))
		return false;
	self->d.fd = open(self->d.dev, O_RDWR | O_CLOEXEC);
	self->map = map_device(&self->d);
	return self->map && busy;
}

TEST_F(vfio, write_outlives_the_mapping)
{
	int tries = 5;
	bool in_flight;

	LOAD();
	do {
		fill(self->map);
		in_flight = outlive(self);
	} while (self->map && !in_flight && --tries);
	ASSERT_TRUE(in_flight) TH_LOG("verdict: premise");
	EXPECT_HOLDS(true, "wrong_data");
}

TEST_F(vfio, nothing_is_written_after_the_release)
{
	LOAD();
	ASSERT_EQ(0, __df_vfio_store(&self->v, DF_VFIO_IOVA + TO)) TH_LOG("%s", df_reason());
	ASSERT_EQ(0, __df_vfio_unmap(&self->v, HELD, DF_VFIO_IOVA)) TH_LOG("%s", df_reason());
	ASSERT_TRUE(__df_vfio_busy(&self->v)) TH_LOG("verdict: premise");
	ASSERT_EQ(0, __df_vfio_wait(&self->v)) TH_LOG("%s", df_reason());
	EXPECT_HOLDS(false, "stray_write");
}

DF_HARNESS_MAIN
