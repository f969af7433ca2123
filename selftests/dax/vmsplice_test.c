// SPDX-License-Identifier: GPL-2.0-only
/*
 * A layout change of a DAX file waits while its pages sit in a pipe, and is
 * woken when the pipe is drained. The release path is the kernel's own.
 */
#include "harness.h"

FIXTURE(vmsplice) {
	struct df_world w;
	struct df_proof p;
};

FIXTURE_VARIANT(vmsplice) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(vmsplice);

FIXTURE_SETUP(vmsplice)
{
	size_t len = DF_LEN(variant->fault);

	DF_REQUIRE(df_world_init(&self->w, variant->fstype, len, variant->fault));
	self->p = (struct df_proof) {
		.file = &self->w.file,
		.len = 4 * DF_PTE,
		.hold = { .src = &df_source_vmsplice },
	};
}

FIXTURE_TEARDOWN(vmsplice)
{
	DF_WORLD_DONE(&self->w);
}

TEST_F(vmsplice, truncate_waits_and_is_woken)
{
	self->p.trigger = &df_trigger_truncate;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) DF_VERDICT(&self->p);
}

TEST_F(vmsplice, punch_waits_and_is_woken)
{
	self->p.trigger = &df_trigger_punch;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) DF_VERDICT(&self->p);
}

TEST_F(vmsplice, unlink_waits_and_is_woken)
{
	self->p.trigger = &df_trigger_unlink;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) {
		DF_VERDICT(&self->p);
		DF_HINT_EVICT(&self->p, DF_EARLY);
	}
}

DF_HARNESS_MAIN
