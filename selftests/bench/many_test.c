// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long it takes tasks that wait on one file to come to their end after the
 * one release they wait for, by their number. That they do is a claim of
 * dax/crowd_test.c.
 */
#include "harness.h"

FIXTURE(many) {
	struct df_world w;
};

FIXTURE_VARIANT(many) {
	const char *fstype;
	unsigned int tasks;
};

#define ADD(fs, n)							\
	FIXTURE_VARIANT_ADD(many, fs##_##n) { .fstype = #fs, .tasks = n }

ADD(ext4, 16);
ADD(ext4, 256);
ADD(xfs, 16);
ADD(xfs, 256);

FIXTURE_SETUP(many)
{
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_LEN(DF_PTE), DF_PTE));
}

FIXTURE_TEARDOWN(many)
{
	DF_WORLD_DONE(&self->w);
}

TEST_F(many, come_to_their_end)
{
	struct df_crowd c = { .size = variant->tasks };
	struct df_proof p = df_proof_of_pin(&self->w.file);

	EXPECT_EQ(DF_OK, __df_prove_crowd(&p, &c)) DF_VERDICT(&p);
	TH_LOG("bench: ended %s %u of %u tasks %.1f ms", variant->fstype, c.ended, c.size, c.ms);
}

DF_HARNESS_MAIN
