// SPDX-License-Identifier: GPL-2.0-only
/*
 * ZONE_DEVICE memory of the driver's own: what PGMAP_* refuses, with which
 * errno, and that nothing of it outlives its file, however that ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

FIXTURE(pgmap) {
	int dev;
	struct daxwake_info info;
	uint64_t start;		/* of the reserved range; 0 if the type needs none */
	struct df_pgmap m;
};

FIXTURE_VARIANT(pgmap) {
	enum daxwake_pgmap type;
	bool device;
};

FIXTURE_VARIANT_ADD(pgmap, private) { DAXWAKE_PGMAP_PRIVATE, true };
FIXTURE_VARIANT_ADD(pgmap, coherent) { DAXWAKE_PGMAP_COHERENT, true };
FIXTURE_VARIANT_ADD(pgmap, fs_dax) { DAXWAKE_PGMAP_FS_DAX, false };
FIXTURE_VARIANT_ADD(pgmap, generic) { DAXWAKE_PGMAP_GENERIC, false };

FIXTURE_SETUP(pgmap)
{
	DF_REQUIRE(df_dev_open(&self->dev));
	ASSERT_EQ(0, __df_info(self->dev, &self->info));
	DF_REQUIRE(df_pgmap_init(&self->m, self->dev, variant->type, 0));
	if (variant->type != DAXWAKE_PGMAP_PRIVATE)
		DF_REQUIRE(df_pgmap_reserved(&self->start));
}

FIXTURE_TEARDOWN(pgmap)
{
	close(self->dev);
}

/* Each of these returns 0 or the errno. */

static int new(int dev, uint32_t type, uint64_t start, uint64_t length, uint32_t order)
{
	struct daxwake_pgmap_new arg = {
		.size = sizeof(arg), .type = type, .start = start, .length = length, .order = order,
	};

	return ioctl(dev, DAXWAKE_IOC_PGMAP_NEW, &arg) ? errno : 0;
}

static int take(struct df_pgmap *m, uint32_t flags, uint32_t first, uint32_t npages, uint32_t order)
{
	struct daxwake_pgmap_take arg = {
		.size = sizeof(arg), .flags = flags, .pgmap = m->id, .first = first,
		.npages = npages, .order = order,
	};

	return ioctl(m->dev, DAXWAKE_IOC_PGMAP_TAKE, &arg) ? errno : 0;
}

static int move(struct df_pgmap *m, void *addr, uint64_t length)
{
	struct daxwake_pgmap_move arg = {
		.size = sizeof(arg), .pgmap = m->id, .addr = (uintptr_t)addr, .length = length,
	};

	return ioctl(m->dev, DAXWAKE_IOC_PGMAP_MOVE, &arg) ? errno : 0;
}

static int look(struct df_pgmap *m, uint32_t first, uint32_t npages, uint32_t entry, void *pages)
{
	struct daxwake_pgmap_look arg = {
		.size = sizeof(arg), .pgmap = m->id, .first = first, .npages = npages,
		.entry_size = entry, .pages = (uintptr_t)pages,
	};

	return ioctl(m->dev, DAXWAKE_IOC_PGMAP_LOOK, &arg) ? errno : 0;
}

static int end(struct df_pgmap *m, uint32_t flags)
{
	return -__df_pgmap_end(m, flags);
}

static int give_back(int dev, uint32_t handle)
{
	return -__df_release(dev, handle, DAXWAKE_PUT_PAGE, DAXWAKE_CTX_CALLER, 0, DF_ALL);
}

static char *ram(size_t len)
{
	char *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	madvise(map, len, MADV_NOHUGEPAGE);
	memset(map, 0x5a, len);
	return map;
}

TEST_F(pgmap, wrong_range_is_refused)
{
	uint64_t at = self->start ?: 16 * DF_PMD;

	EXPECT_EQ(EINVAL, new(self->dev, variant->type, self->start, 0, 0));
	EXPECT_EQ(EINVAL, new(self->dev, variant->type, self->start, DF_PTE, 0));
	EXPECT_EQ(EINVAL, new(self->dev, variant->type, at + DF_PTE, DF_PMD, 0));
	EXPECT_EQ(EINVAL, new(self->dev, variant->type, self->start ? 0 : at, DF_PMD, 0));
	EXPECT_EQ(E2BIG, new(self->dev, variant->type, self->start, 66UL << 20, 0));
	if (!self->start)
		return;
	EXPECT_EQ(EINVAL, new(self->dev, variant->type, -DF_PMD, DF_PMD, 0));
	/* ours, RAM, a hole in the end, and what lies across the borders */
	EXPECT_EQ(EBUSY, new(self->dev, variant->type, self->start, DF_PMD, 0));
	EXPECT_EQ(EBUSY, new(self->dev, variant->type, at - DF_PMD, 2 * DF_PMD, 0));
	EXPECT_EQ(EBUSY, new(self->dev, variant->type, 16 * DF_PMD, DF_PMD, 0));
	EXPECT_EQ(EBUSY, new(self->dev, variant->type, 1ULL << 44, DF_PMD, 0));
	EXPECT_EQ(EBUSY, new(self->dev, variant->type, at + DF_PMD, 64UL << 20, 0));
}

TEST_F(pgmap, wrong_order_is_refused)
{
	bool large = self->info.out_features & DAXWAKE_FEAT_LARGE_GENERIC;

	ASSERT_EQ(0, end(&self->m, 0));
	EXPECT_EQ(EINVAL, new(self->dev, variant->type, self->start, DF_PMD, 1));
	EXPECT_EQ(EINVAL, new(self->dev, variant->type, self->start, DF_PMD, 18));
	EXPECT_EQ(variant->type == DAXWAKE_PGMAP_GENERIC && large ? 0 : EOPNOTSUPP,
		  new(self->dev, variant->type, self->start, DF_PMD, 9));
}

TEST_F(pgmap, there_are_eight_at_most)
{
	uint64_t start = self->start;
	unsigned int n;

	for (n = 1; n < DAXWAKE_MAX_PGMAPS; n++) {
		ASSERT_EQ(0, new(self->dev, variant->type, start ? start + n * DF_PMD : 0,
				 DF_PMD, 0)) TH_LOG("pgmap %u", n);
	}
	EXPECT_EQ(E2BIG, new(self->dev, variant->type, start ? start + n * DF_PMD : 0, DF_PMD, 0));
}

TEST_F(pgmap, it_belongs_to_its_file)
{
	struct df_pgmap other = self->m;
	uint32_t handle;

	ASSERT_EQ(0, df_dev_open(&other.dev));
	EXPECT_EQ(ENOENT, take(&other, 0, 0, 1, 0));
	EXPECT_EQ(ENOENT, look(&other, 0, 0, 0, NULL));
	EXPECT_EQ(ENOENT, end(&other, 0));
	EXPECT_EQ(ENOENT, end(&other, DAXWAKE_END_ANYWAY));
	close(other.dev);
	EXPECT_EQ(0, __df_pgmap_take(&self->m, 0, 0, 1, &handle));
}

TEST_F(pgmap, wrong_pages_are_refused)
{
	bool large = variant->device && self->info.out_features & DAXWAKE_FEAT_LARGE_PRIVATE;
	struct df_pgmap *m = &self->m;
	uint32_t handle;

	EXPECT_EQ(EINVAL, take(m, 0, 0, 0, 0));
	EXPECT_EQ(EINVAL, take(m, 0, 0, 1024, 10));
	EXPECT_EQ(EINVAL, take(m, DAXWAKE_TAKE_TRY | DAXWAKE_TAKE_GET, 0, 1, 0));
	EXPECT_EQ(EINVAL, take(m, DAXWAKE_TAKE_TRY | DAXWAKE_TAKE_PIN, 0, 1, 0));
	EXPECT_EQ(EINVAL, take(m, DAXWAKE_TAKE_GET | DAXWAKE_TAKE_MARK, 0, 1, 0));
	EXPECT_EQ(ERANGE, take(m, 0, m->npages, 1, 0));
	EXPECT_EQ(ERANGE, take(m, 0, m->npages - 1, 2, 0));
	EXPECT_EQ(E2BIG, -__df_pgmap_take(m, 0, 0, DAXWAKE_MAX_TAKE_REFS + 1, &handle));
	EXPECT_EQ(large ? EINVAL : EOPNOTSUPP, take(m, 0, 1, 4, 2));
	EXPECT_EQ(large ? EINVAL : EOPNOTSUPP, take(m, 0, 4, 2, 2));
	EXPECT_EQ(variant->device ? ENXIO : 0, take(m, DAXWAKE_TAKE_GET, 7, 1, 0));
}

TEST_F(pgmap, page_that_is_out_is_not_handed_out)
{
	struct daxwake_pgmap_page page;
	uint32_t handle, more;

	ASSERT_EQ(0, __df_pgmap_take(&self->m, 0, 3, 1, &handle));
	EXPECT_EQ(variant->device ? EBUSY : 0, -__df_pgmap_take(&self->m, 0, 3, 1, &more));
	EXPECT_EQ(variant->device ? EBUSY : 0, take(&self->m, 0, 0, 4, 0));
	EXPECT_EQ(0, __df_pgmap_take(&self->m, DAXWAKE_TAKE_GET, 3, 1, &more));
	ASSERT_EQ(0, __df_pgmap_page(&self->m, 3, &page));
	EXPECT_EQ(variant->device, !!(page.flags & DAXWAKE_PGMAP_OUT));
	EXPECT_EQ(0, give_back(self->dev, more));
	ASSERT_EQ(0, __df_pgmap_page(&self->m, 3, &page));
	EXPECT_EQ(variant->device, !!(page.flags & DAXWAKE_PGMAP_OUT));
	EXPECT_EQ(0, give_back(self->dev, handle));
	ASSERT_EQ(0, __df_pgmap_page(&self->m, 3, &page));
	EXPECT_EQ(0, page.flags & DAXWAKE_PGMAP_OUT);
	EXPECT_EQ(0, __df_pgmap_take(&self->m, 0, 3, 1, &handle));
}

TEST_F(pgmap, wrong_looks_are_refused)
{
	struct daxwake_pgmap_page pages[2];
	struct df_pgmap *m = &self->m;

	EXPECT_EQ(0, look(m, 0, 0, 0, NULL));
	EXPECT_EQ(0, look(m, 1, 2, sizeof(pages[0]), pages));
	EXPECT_EQ(EINVAL, look(m, 0, 1, sizeof(pages[0]) - 1, pages));
	EXPECT_EQ(E2BIG, look(m, 0, 1, 4097, pages));
	EXPECT_EQ(ERANGE, look(m, m->npages - 1, 2, sizeof(pages[0]), pages));
	EXPECT_EQ(ERANGE, look(m, ~0U, 1, sizeof(pages[0]), pages));
	EXPECT_EQ(EFAULT, look(m, 0, 2, sizeof(pages[0]), NULL));
}

TEST_F(pgmap, wrong_moves_are_refused)
{
	char *map = ram(4 * DF_PTE);

	ASSERT_NE(NULL, map);
	EXPECT_EQ(EINVAL, move(&self->m, map, 0));
	EXPECT_EQ(EINVAL, move(&self->m, map, 1));
	EXPECT_EQ(EINVAL, move(&self->m, map + 1, DF_PTE));
	EXPECT_EQ(E2BIG, move(&self->m, map, DAXWAKE_MAX_PGMAP_BYTES + DF_PTE));
	EXPECT_EQ(EFAULT, move(&self->m, (void *)-DF_PTE, 2 * DF_PTE));
	ASSERT_EQ(0, munmap(map + 2 * DF_PTE, DF_PTE));
	EXPECT_EQ(variant->device ? EFAULT : EINVAL, move(&self->m, map, 3 * DF_PTE));
	EXPECT_EQ(variant->device ? 0 : EINVAL, move(&self->m, map, 2 * DF_PTE));
}

TEST_F(pgmap, private_memory_cannot_be_written)
{
	uint32_t handle;

	ASSERT_EQ(0, __df_pgmap_take(&self->m, 0, 0, 1, &handle));
	EXPECT_EQ(variant->type == DAXWAKE_PGMAP_PRIVATE ? -EOPNOTSUPP : 0,
		  __df_write_late(self->dev, handle, 1));
}

TEST_F(pgmap, end_while_held_is_ebusy)
{
	struct daxwake_pgmap_look seen;
	uint32_t handle;

	ASSERT_EQ(0, __df_pgmap_take(&self->m, 0, 0, 1, &handle));
	EXPECT_EQ(EBUSY, end(&self->m, 0));
	ASSERT_EQ(0, __df_pgmap_look(&self->m, NULL, &seen));
	EXPECT_EQ(DAXWAKE_PGMAP_ALIVE, seen.out_state);
	EXPECT_EQ(0, give_back(self->dev, handle));
	EXPECT_EQ(0, end(&self->m, 0));
	EXPECT_EQ(ENOENT, end(&self->m, 0));
	EXPECT_EQ(ENOENT, take(&self->m, 0, 0, 1, 0));
	/* and its range is free */
	EXPECT_EQ(0, new(self->dev, variant->type, self->start, DF_PMD, 0));
}

TEST_F(pgmap, end_while_moved_is_ebusy)
{
	char *map = ram(DF_PTE);

	ASSERT_NE(NULL, map);
	EXPECT_EQ(variant->device ? 0 : EINVAL, move(&self->m, map, DF_PTE));
	EXPECT_EQ(variant->device ? EBUSY : 0, end(&self->m, 0));
	ASSERT_EQ(0, munmap(map, DF_PTE));
	EXPECT_EQ(variant->device ? 0 : ENOENT, end(&self->m, 0));
}

TEST_F(pgmap, end_anyway_is_seen_through)
{
	struct daxwake_pgmap_look seen;

	ASSERT_EQ(0, end(&self->m, DAXWAKE_END_ANYWAY));
	EXPECT_EQ(ENOENT, take(&self->m, 0, 0, 1, 0));
	EXPECT_EQ(0, end(&self->m, DAXWAKE_END_ANYWAY));
	ASSERT_EQ(0, __df_pgmap_look(&self->m, NULL, &seen));
	EXPECT_NE(DAXWAKE_PGMAP_ALIVE, seen.out_state);
	EXPECT_EQ(0, end(&self->m, 0));
	EXPECT_EQ(ENOENT, end(&self->m, 0));
}

TEST_F(pgmap, close_gives_all_back)
{
	uint32_t pinned = DAXWAKE_TAKE_PIN | DAXWAKE_TAKE_MARK, handle;
	char *map = ram(64 * DF_PTE);
	size_t wrong = 0;

	ASSERT_NE(NULL, map);
	ASSERT_EQ(0, __df_pgmap_take(&self->m, 0, 0, 3, &handle));
	ASSERT_EQ(0, __df_pgmap_take(&self->m, pinned, 5, 3, &handle));
	ASSERT_EQ(0, __df_arm(self->dev, DAXWAKE_INJECT_DROP_REF, self->m.pfn, 1));
	ASSERT_EQ(0, __df_arm(self->dev, DAXWAKE_INJECT_FREE_TWICE, self->m.pfn, 1));
	if (variant->device)
		ASSERT_EQ(64, __df_pgmap_move(&self->m, map, 64 * DF_PTE, 0));
	close(self->dev);
	/* what was moved is home */
	for (size_t i = 0; i < 64 * DF_PTE; i++)
		wrong += map[i] != 0x5a;
	EXPECT_EQ(0, wrong);
	ASSERT_EQ(0, df_dev_open(&self->dev));
	EXPECT_EQ(0, new(self->dev, variant->type, self->start, DF_PMD, 0));
}

TEST_F(pgmap, sigkill_gives_all_back)
{
	int ready[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, end(&self->m, 0));
	ASSERT_EQ(0, pipe2(ready, O_CLOEXEC));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct df_pgmap m;
		uint32_t handle;
		int dev;
		char *map = ram(16 * DF_PTE);
		bool good = map && !df_dev_open(&dev) &&
			!df_pgmap_init(&m, dev, variant->type, 0) &&
			!__df_pgmap_take(&m, 0, 0, 3, &handle) &&
			!__df_pgmap_take(&m, DAXWAKE_TAKE_PIN, 1, 3, &handle) &&
			(!variant->device || __df_pgmap_move(&m, map, 16 * DF_PTE, 0) == 16);

		if (good && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &c, 1)) TH_LOG("verdict: premise");
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(0, new(self->dev, variant->type, self->start, DF_PMD, 0));
}

/* --- whatever the type -------------------------------------------------------- */

FIXTURE(types) {
	int dev;
	struct daxwake_info info;
};

FIXTURE_SETUP(types)
{
	DF_REQUIRE(df_dev_open(&self->dev));
	ASSERT_EQ(0, __df_info(self->dev, &self->info));
}

FIXTURE_TEARDOWN(types)
{
	close(self->dev);
}

TEST_F(types, what_the_kernel_cannot_is_eopnotsupp)
{
	uint64_t start = 0;

	EXPECT_EQ(0, self->info.out_pgmaps >> DAXWAKE_PGMAP_UNKNOWN);
	EXPECT_TRUE(self->info.out_pgmaps & 1ULL << DAXWAKE_PGMAP_GENERIC);
	for (unsigned int type = DAXWAKE_PGMAP_PRIVATE; type < DAXWAKE_PGMAP_UNKNOWN; type++) {
		start = type == DAXWAKE_PGMAP_PRIVATE ? 0 : 16 * DF_PMD;
		if (self->info.out_pgmaps & 1ULL << type)
			continue;
		EXPECT_EQ(EOPNOTSUPP, new(self->dev, type, start, DF_PMD, 0))
			TH_LOG("%s", df_pgmap_name(type));
	}
	EXPECT_EQ(EINVAL, new(self->dev, DAXWAKE_PGMAP_NONE, start, DF_PMD, 0));
	EXPECT_EQ(EINVAL, new(self->dev, DAXWAKE_PGMAP_UNKNOWN, start, DF_PMD, 0));
}

DF_HARNESS_MAIN
