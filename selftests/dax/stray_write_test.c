// SPDX-License-Identifier: GPL-2.0-only
/*
 * A late write of whoever holds a page never reaches another file's data,
 * though all free blocks have been handed out meanwhile.
 */
#include "harness.h"

FIXTURE(stray_write) {
	struct df_world w;
	struct df_proof p;
};

FIXTURE_VARIANT(stray_write) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(stray_write);

FIXTURE_SETUP(stray_write)
{
	/* too long for the odd hole in which another file's blocks never land */
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_PMD, variant->fault));
	self->p = (struct df_proof) {
		.file = &self->w.file,
		.len = DF_LEN(variant->fault),
		.hold = {
			.src = &df_source_driver,
			.pin_flags = DAXWAKE_PIN_WRITE,
			.how = DAXWAKE_UNPIN_USER_PAGES,
		},
	};
}

FIXTURE_TEARDOWN(stray_write)
{
	DF_WORLD_DONE(&self->w);
}

TEST_F(stray_write, none_after_truncate)
{
	self->p.trigger = &df_trigger_truncate;
	EXPECT_EQ(DF_OK, __df_prove_no_stray_write(&self->p)) DF_VERDICT(&self->p);
}

TEST_F(stray_write, none_after_punch)
{
	self->p.trigger = &df_trigger_punch;
	EXPECT_EQ(DF_OK, __df_prove_no_stray_write(&self->p)) DF_VERDICT(&self->p);
}

TEST_F(stray_write, none_after_munmap_and_truncate)
{
	self->p.trigger = &df_trigger_truncate;
	self->p.unmap = true;
	EXPECT_EQ(DF_OK, __df_prove_no_stray_write(&self->p)) {
		DF_VERDICT(&self->p);
		DF_HINT_UNMAPPED(&self->p, DF_STRAY_WRITE);
	}
}

TEST_F(stray_write, none_after_unlink)
{
	self->p.trigger = &df_trigger_unlink;
	EXPECT_EQ(DF_OK, __df_prove_no_stray_write(&self->p)) {
		DF_VERDICT(&self->p);
		DF_HINT_EVICT(&self->p, DF_STRAY_WRITE);
	}
}

DF_HARNESS_MAIN
