// SPDX-License-Identifier: GPL-2.0-only
/*
 * A layout change of a DAX file waits while an O_DIRECT request into or out of
 * its mapping is in flight, and is woken when the request completes.
 *
 *	slow file --(request held by a suspended device)--> DAX mapping <-- truncate
 *
 * The source file is written, not only preallocated: a read of unwritten
 * blocks is filled with zeroes by the CPU and pins nothing.
 */
#include "harness.h"

FIXTURE(direct_io) {
	struct df_world w;
	struct df_proof p;
};

FIXTURE_VARIANT(direct_io) {
	const char *fstype;
	size_t fault;
	const struct df_source *src;
};

#define ADD(fs, size, fault_, how)					\
	FIXTURE_VARIANT_ADD(direct_io, fs##_##size##_##how) {		\
		.fstype = #fs, .fault = fault_, .src = &df_source_##how }

/* file system by file system: making one costs more than a test */
#define EACH_REQUEST(fs, size, bytes)					\
	ADD(fs, size, bytes, read);					\
	ADD(fs, size, bytes, libaio);					\
	ADD(fs, size, bytes, io_uring)

DF_EACH_FSDAX(EACH_REQUEST);

FIXTURE_SETUP(direct_io)
{
	size_t len = DF_LEN(variant->fault);

	self->p = (struct df_proof) {
		.file = &self->w.file,
		.len = 4 * DF_PTE,
		.hold = { .src = variant->src },
	};
	DF_REQUIRE(variant->src->init(&self->p.hold));
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, len, variant->fault));
}

FIXTURE_TEARDOWN(direct_io)
{
	variant->src->done(&self->p.hold);
	DF_WORLD_DONE(&self->w);
}

TEST_F(direct_io, truncate_waits_and_is_woken)
{
	self->p.trigger = &df_trigger_truncate;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) DF_VERDICT(&self->p);
}

TEST_F(direct_io, punch_waits_and_is_woken)
{
	self->p.trigger = &df_trigger_punch;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) DF_VERDICT(&self->p);
}

DF_HARNESS_MAIN
