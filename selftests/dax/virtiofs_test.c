// SPDX-License-Identifier: GPL-2.0-only
/*
 * A layout change of a virtiofs file that is mapped through the window waits
 * while a page of it is held, and is woken by the last reference: fuse has a
 * wait of its own.
 */
#include "harness.h"

FIXTURE(virtiofs) {
	struct df_world w;
	struct df_proof p;
};

FIXTURE_VARIANT(virtiofs) {
	const struct df_source *src;
	size_t fault;
	size_t page;	/* which one is held */
};

FIXTURE_VARIANT_ADD(virtiofs, pte_pin) { .src = &df_source_pin, .fault = DF_PTE };
FIXTURE_VARIANT_ADD(virtiofs, pmd_pin) { .src = &df_source_pin, .fault = DF_PMD };
FIXTURE_VARIANT_ADD(virtiofs, pte_vmsplice) { .src = &df_source_vmsplice, .fault = DF_PTE };
FIXTURE_VARIANT_ADD(virtiofs, pte_read) { .src = &df_source_read, .fault = DF_PTE };
/* fs/fuse of 5.10 looks for busy pages at the beginning of the file only */
FIXTURE_VARIANT_ADD(virtiofs, pte_pin_behind) {
	.src = &df_source_pin, .fault = DF_PTE, .page = 2 * DF_PTE
};

#define HINT_BEHIND() do {						\
	if (variant->page)						\
		DF_HINT_IF(&self->p, DF_EARLY, "7851bf649d42",		\
			   "fuse: fix dax truncate/punch_hole fault path");\
} while (0)

FIXTURE_SETUP(virtiofs)
{
	const struct df_source *src = variant->src;

	self->w.dev = -1;
	self->p = (struct df_proof) {
		.file = &self->w.file,
		.page = variant->page,
		.len = DF_PTE,
		.hold = {
			.src = src,
			.pin_flags = src->pin_flags,
			.how = DAXWAKE_UNPIN_USER_PAGES,
		},
	};
	DF_REQUIRE(df_virtiofs_init(&self->w, DF_LEN(variant->fault), variant->fault));
	if (src->needs)
		DF_REQUIRE(df_require(src->needs));
	if (src->init)
		DF_REQUIRE(src->init(&self->p.hold));
}

FIXTURE_TEARDOWN(virtiofs)
{
	if (variant->src->done)
		variant->src->done(&self->p.hold);
	EXPECT_EQ(0, df_virtiofs_done(&self->w)) TH_LOG("%s", df_reason());
	DF_SPOILED();
}

TEST_F(virtiofs, truncate_waits_and_is_woken)
{
	self->p.trigger = &df_trigger_truncate;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) {
		DF_VERDICT(&self->p);
		HINT_BEHIND();
	}
}

TEST_F(virtiofs, punch_waits_and_is_woken)
{
	self->p.trigger = &df_trigger_punch;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) {
		DF_VERDICT(&self->p);
		HINT_BEHIND();
	}
}

TEST_F(virtiofs, unlink_waits_and_is_woken)
{
	self->p.trigger = &df_trigger_unlink;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) {
		DF_VERDICT(&self->p);
		DF_HINT_EVICT(&self->p, DF_EARLY);
	}
}

DF_HARNESS_MAIN
