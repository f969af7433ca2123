// SPDX-License-Identifier: GPL-2.0-only
/*
 * However many tasks want to change the layout of one file, one release lets
 * all of them through, and nothing else any of them.
 *
 *	the first	sleeps on the held page, and has the inode
 *	the others	sleep on the inode, and look for busy pages one by one
 */
#include "harness.h"

FIXTURE(crowd) {
	struct df_world w;
	struct df_proof p;
};

FIXTURE_VARIANT(crowd) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(crowd);

FIXTURE_SETUP(crowd)
{
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_LEN(variant->fault),
				 variant->fault));
	self->p = df_proof_of_pin(&self->w.file);
}

FIXTURE_TEARDOWN(crowd)
{
	DF_WORLD_DONE(&self->w);
}

TEST_F(crowd, everybody_gets_through)
{
	struct df_crowd c = { .size = DF_CROWD_MAX };

	EXPECT_EQ(DF_OK, __df_prove_crowd(&self->p, &c)) DF_VERDICT(&self->p);
	EXPECT_EQ(0, c.early);
	EXPECT_EQ(c.size, c.ended);
}

DF_HARNESS_MAIN
