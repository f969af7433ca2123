// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that are held together may be given back in parts: a layout change
 * waits until the last part is gone, whichever function gives it back and
 * whichever part that is, and is woken by it.
 *
 *	held	[0][1][2][3]	in order: 0 1 2 3, out of order: 2 0 3 1
 */
#include "harness.h"

#define PARTS 4

FIXTURE(parts) {
	struct df_world w;
	struct df_proof whole;
	struct df_task t;
};

FIXTURE_VARIANT(parts) {
	const char *fstype;
	size_t fault;
	uint32_t flags;
	enum daxwake_how how;
};

#define ADD(fs, size, bytes, function, pin_flags, by)			\
	FIXTURE_VARIANT_ADD(parts, fs##_##size##_##function) {		\
		.fstype = #fs, .fault = bytes, .flags = pin_flags, .how = DAXWAKE_##by }
#define ADD_PIN(fs, size, bytes, function, by)				\
	ADD(fs, size, bytes, function, DAXWAKE_PIN_WRITE, by)
#define ADD_GET(fs, size, bytes, function, by)				\
	ADD(fs, size, bytes, function, DAXWAKE_PIN_GET | DAXWAKE_PIN_WRITE, by)

/* What gives pages back does not know the file system: each page size once. */
#define EACH(fs, size, bytes)						\
	ADD_PIN(fs, size, bytes, unpin_user_page, UNPIN_USER_PAGE);	\
	ADD_PIN(fs, size, bytes, unpin_user_pages, UNPIN_USER_PAGES);	\
	ADD_PIN(fs, size, bytes, unpin_dirty_lock, UNPIN_USER_PAGES_DIRTY_LOCK); \
	ADD_PIN(fs, size, bytes, unpin_range, UNPIN_USER_PAGE_RANGE_DIRTY_LOCK); \
	ADD_PIN(fs, size, bytes, unpin_user_folio, UNPIN_USER_FOLIO);	\
	ADD_PIN(fs, size, bytes, unpin_folio, UNPIN_FOLIO);		\
	ADD_PIN(fs, size, bytes, unpin_folios, UNPIN_FOLIOS);		\
	ADD_GET(fs, size, bytes, put_page, PUT_PAGE);			\
	ADD_GET(fs, size, bytes, folio_put, FOLIO_PUT);			\
	ADD_GET(fs, size, bytes, folio_put_refs, FOLIO_PUT_REFS);	\
	ADD_GET(fs, size, bytes, release_pages, RELEASE_PAGES);		\
	ADD_GET(fs, size, bytes, folios_put, FOLIOS_PUT)

EACH(ext4, pte, DF_PTE);
EACH(xfs, pmd, DF_PMD);

FIXTURE_SETUP(parts)
{
	struct df_proof *p = &self->whole;

	DF_REQUIRE(df_dev_has(variant->how));
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_LEN(variant->fault),
				 variant->fault));
	*p = df_proof_of_pin(&self->w.file);
	p->len = PARTS * DF_PTE;
	p->hold.pin_flags = variant->flags;
	p->hold.how = variant->how;
	ASSERT_EQ(DF_OK, df_proof_until_blocked(p, &self->t)) DF_VERDICT(p);
}

FIXTURE_TEARDOWN(parts)
{
	df_proof_end(&self->whole, &self->t);
	DF_WORLD_DONE(&self->w);
}

/* Of the pages of @whole, which stays the one that ends it. */
static struct df_proof part(const struct df_proof *whole, size_t first, size_t n)
{
	struct df_proof p = *whole;

	p.held += first;
	p.nheld = n;
	return p;
}

static void give_back(struct __test_metadata *_metadata, struct _test_data_parts *self,
		      const struct _fixture_variant_parts *variant, const size_t order[PARTS])
{
	struct df_proof *p = &self->whole;
	bool held[PARTS] = { true, true, true, true };

	for (size_t i = 0; i < PARTS; i++) {
		struct df_proof left = part(p, order[i], 1), rest;
		size_t first = 0;

		ASSERT_EQ(0, __df_release(self->w.dev, p->hold.handle, variant->how,
					  DAXWAKE_CTX_CALLER, order[i], 1))
			TH_LOG("%s", df_reason());
		held[order[i]] = false;
		while (first < PARTS && !held[first])
			first++;
		if (first == PARTS)
			break;
		/* the file system looks from the start on, and sleeps on the first it finds */
		rest = part(p, first, 1);
		ASSERT_EQ(DF_OK, df_proof_moves_on(&left, &rest, &self->t)) {
			DF_VERDICT(&rest);
			DF_HINT_WAKE(&rest, variant->how);
		}
	}
	EXPECT_EQ(DF_OK, df_proof_woken(p, &self->t)) {
		DF_VERDICT(p);
		DF_HINT_WAKE(p, variant->how);
	}
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
}

TEST_F(parts, waits_for_the_last_in_order)
{
	give_back(_metadata, self, variant, (const size_t[]){ 0, 1, 2, 3 });
}

TEST_F(parts, waits_for_the_last_out_of_order)
{
	give_back(_metadata, self, variant, (const size_t[]){ 2, 0, 3, 1 });
}

DF_HARNESS_MAIN
