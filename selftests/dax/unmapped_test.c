// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pin outlives the mapping it was taken through: after munmap() a layout
 * change still waits for it, and is still woken.
 */
#include "harness.h"

FIXTURE(unmapped) {
	struct df_world w;
	struct df_proof p;
};

FIXTURE_VARIANT(unmapped) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(unmapped);

FIXTURE_SETUP(unmapped)
{
	size_t len = DF_LEN(variant->fault);

	DF_REQUIRE(df_world_init(&self->w, variant->fstype, len, variant->fault));
	self->p = (struct df_proof) {
		.file = &self->w.file,
		.unmap = true,
		.len = len,
		.hold = {
			.src = &df_source_driver,
			.pin_flags = DAXWAKE_PIN_WRITE,
			.how = DAXWAKE_UNPIN_USER_PAGES,
		},
	};
}

FIXTURE_TEARDOWN(unmapped)
{
	DF_WORLD_DONE(&self->w);
}

TEST_F(unmapped, truncate_waits_and_is_woken)
{
	self->p.trigger = &df_trigger_truncate;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) {
		DF_VERDICT(&self->p);
		DF_HINT_UNMAPPED(&self->p, DF_EARLY);
	}
}

TEST_F(unmapped, punch_waits_and_is_woken)
{
	self->p.trigger = &df_trigger_punch;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) {
		DF_VERDICT(&self->p);
		DF_HINT_UNMAPPED(&self->p, DF_EARLY);
	}
}

DF_HARNESS_MAIN
