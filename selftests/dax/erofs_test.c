// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file of erofs never changes, but its inode goes when the file system is
 * unmounted: that waits while a page of it is held, and is woken by the last
 * reference. What is held is only read from: there is nothing to write to.
 */
#include "harness.h"

FIXTURE(erofs) {
	struct df_world w;
	struct df_proof p;
};

FIXTURE_VARIANT(erofs) {
	const struct df_source *src;
};

FIXTURE_VARIANT_ADD(erofs, pin) { .src = &df_source_pin_read };
FIXTURE_VARIANT_ADD(erofs, vmsplice) { .src = &df_source_vmsplice };
FIXTURE_VARIANT_ADD(erofs, write) { .src = &df_source_write };

FIXTURE_SETUP(erofs)
{
	const struct df_source *src = variant->src;

	self->p = (struct df_proof) {
		.file = &self->w.file,
		.trigger = &df_trigger_umount,
		.len = 2 * DF_PTE,
		.page = DF_PTE,
		.hold = {
			.src = src,
			.pin_flags = src->pin_flags,
			.how = DAXWAKE_UNPIN_USER_PAGES,
		},
	};
	DF_REQUIRE(df_erofs_init(&self->w, 4 * DF_PTE));
	if (src->needs)
		DF_REQUIRE(df_require(src->needs));
	if (src->init)
		DF_REQUIRE(src->init(&self->p.hold));
}

FIXTURE_TEARDOWN(erofs)
{
	if (variant->src->done)
		variant->src->done(&self->p.hold);
	EXPECT_EQ(0, df_erofs_done(&self->w)) TH_LOG("%s", df_reason());
	DF_SPOILED();
}

TEST_F(erofs, umount_waits_and_is_woken)
{
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) {
		DF_VERDICT(&self->p);
		DF_HINT_IF(&self->p, DF_EARLY, "181993bb0d62",
			   "erofs: fix runtime warning on truncate_folio_batch_exceptionals()");
	}
}

DF_HARNESS_MAIN
