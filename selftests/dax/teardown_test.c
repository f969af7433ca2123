// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device is not taken down under a page that somebody holds: unbinding it
 * waits for the last reference, or what must come before it does. When all have
 * been given back it waits for nothing.
 *
 *	map, hold, unmap, close  -->  down waits  -->  release  -->  down
 *	map, hold, release, unmap, close  -->  down
 *
 * A kernel that does not wait frees the struct pages under the holder: what
 * releases them later writes to whatever is there by then. So tests of the first
 * kind run only where the kernel may die, and one that has been caught is not used
 * again.
 */
#include "harness.h"

DF_LAST("teardown*");

#define ASSERT_GOES(down) do {						\
	ASSERT_EQ(DF_OK, __df_teardown_unheld(down)) {			\
		DF_VERDICT(down);					\
		DF_SPOILED();						\
	}								\
} while (0)

/* --- device-dax -------------------------------------------------------------- */

FIXTURE(teardown) {
	struct df_devdax d;
	struct df_teardown down;
};

FIXTURE_VARIANT(teardown) {
	int (*down)(void *d), (*up)(void *d);
	bool mapped;		/* still, while it is taken down */
	size_t align;
	uint32_t flags;
	enum daxwake_how how;
};

FIXTURE_VARIANT_ADD(teardown, devdax_2m_longterm) {
	.down = __df_devdax_unbind, .up = __df_devdax_bind,
	.align = DF_PMD, .flags = DAXWAKE_PIN_WRITE | DAXWAKE_PIN_LONGTERM,
	.how = DAXWAKE_UNPIN_USER_PAGES };
FIXTURE_VARIANT_ADD(teardown, devdax_4k_get) {
	.down = __df_devdax_namespace_down, .up = __df_devdax_namespace_up, .mapped = true,
	.align = DF_PTE, .flags = DAXWAKE_PIN_GET, .how = DAXWAKE_PUT_PAGE };

FIXTURE_SETUP(teardown)
{
	struct df_teardown *down = &self->down;
	struct daxwake_page before;
	char *map;

	*down = (struct df_teardown) {
		.down = variant->down, .up = variant->up, .arg = &self->d, .how = variant->how,
	};
	DF_REQUIRE(df_require("driver devdax disposable"));
	DF_REQUIRE(df_dev_open(&down->dev));
	DF_REQUIRE(df_devdax_init(&self->d, variant->align));
	df_devdax_done(&self->d);
	/* also the claim's other half: with nothing held it is done */
	ASSERT_GOES(down);
	DF_REQUIRE(df_devdax_init(&self->d, variant->align));
	map = mmap(NULL, DF_PMD, PROT_READ | PROT_WRITE, MAP_SHARED, self->d.fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	memset(map, 0x5a, DF_PTE);
	ASSERT_EQ(0, __df_pages_at(down->dev, map, 1, &before));
	ASSERT_EQ(0, before.pins + before.refs) TH_LOG("verdict: premise");
	ASSERT_EQ(0, __df_pin(down->dev, map, DF_PTE, variant->flags, &down->handle))
		TH_LOG("%s", df_reason());
	if (!variant->mapped)
		ASSERT_EQ(0, munmap(map, DF_PMD));
	df_devdax_done(&self->d);
	ASSERT_EQ(0, __df_pages_pfn(down->dev, before.pfn, 1, &down->held));
	ASSERT_LT(0, down->held.pins + down->held.refs) TH_LOG("verdict: premise");
}

FIXTURE_TEARDOWN(teardown)
{
	close(self->down.dev);
	DF_SPOILED();
}

TEST_F(teardown, unbind_waits_for_the_last_reference)
{
	EXPECT_EQ(DF_OK, __df_prove_teardown(&self->down)) DF_VERDICT(&self->down);
}

/* --- fsdax: umount, then unbind ------------------------------------------------ */

FIXTURE(teardown_fs) {
	struct df_world w;
	struct df_proof p;
	struct df_teardown down;
};

FIXTURE_SETUP(teardown_fs)
{
	struct df_teardown *down = &self->down;
	struct df_proof *p = &self->p;
	struct df_fs fs;

	*down = (struct df_teardown) { .down = __df_fs_down, .up = __df_fs_up, .arg = &fs };
	DF_REQUIRE(df_require("driver pmem disposable"));
	DF_REQUIRE(df_fs_init(&fs, "ext4"));
	ASSERT_GOES(down);
	DF_REQUIRE(df_world_init(&self->w, "ext4", DF_LEN(DF_PTE), DF_PTE));
	*p = df_proof_of_pin(&self->w.file);
	ASSERT_EQ(DF_OK, df_proof_hold(p)) DF_VERDICT(p);
	ASSERT_EQ(0, __df_file_unmap(&self->w.file)) TH_LOG("%s", df_reason());
	close(self->w.file.fd);
	self->w.file.fd = -1;

	down->arg = &self->w.fs;
	down->dev = self->w.dev;
	down->handle = p->hold.handle;
	down->how = p->hold.how;
	ASSERT_EQ(0, __df_pages_pfn(down->dev, p->held[0].pfn, 1, &down->held));
	ASSERT_LT(0, down->held.pins) TH_LOG("verdict: premise");
}

/* The file went with its file system. */
FIXTURE_TEARDOWN(teardown_fs)
{
	close(self->down.dev);
	DF_SPOILED();
}

TEST_F(teardown_fs, device_goes_after_the_last_reference)
{
	EXPECT_EQ(DF_OK, __df_prove_teardown(&self->down)) {
		DF_VERDICT(&self->down);
		DF_HINT_EVICT(&self->down, DF_EARLY);
	}
}

/* --- fsdax: all was given back ----------------------------------------------------- */

FIXTURE(released) {
	struct df_world w;
	struct df_teardown down;
};

FIXTURE_VARIANT(released) {
	size_t fault;
};

FIXTURE_VARIANT_ADD(released, pte) { .fault = DF_PTE };
FIXTURE_VARIANT_ADD(released, pmd) { .fault = DF_PMD };

FIXTURE_SETUP(released)
{
	self->down = (struct df_teardown) {
		.down = __df_fs_down, .up = __df_fs_up, .arg = &self->w.fs,
	};
	DF_REQUIRE(df_world_init(&self->w, "ext4", DF_LEN(variant->fault), variant->fault));
}

FIXTURE_TEARDOWN(released)
{
	close(self->w.dev);
	DF_SPOILED();
}

/* Each way to a page looks up its device, and has to let go of that, too. */
TEST_F(released, device_goes_at_once)
{
	static const struct { uint32_t flags; enum daxwake_how how; } ways[] = {
		{ DAXWAKE_PIN_WRITE, DAXWAKE_UNPIN_USER_PAGES },
		{ DAXWAKE_PIN_WRITE | DAXWAKE_PIN_FAST, DAXWAKE_UNPIN_USER_PAGES },
		{ DAXWAKE_PIN_GET, DAXWAKE_PUT_PAGE },
		{ DAXWAKE_PIN_GET | DAXWAKE_PIN_FAST, DAXWAKE_PUT_PAGE },
	};
	struct df_file *f = &self->w.file;
	uint32_t handle;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		ASSERT_EQ(0, __df_pin(self->w.dev, f->map, f->len, ways[i].flags, &handle))
			TH_LOG("%s", df_reason());
		ASSERT_EQ(0, __df_release(self->w.dev, handle, ways[i].how, DAXWAKE_CTX_CALLER,
					  0, DF_ALL)) TH_LOG("%s", df_reason());
	}
	df_file_done(f);
	EXPECT_EQ(DF_OK, __df_teardown_unheld(&self->down)) DF_VERDICT(&self->down);
}

DF_HARNESS_MAIN
