// SPDX-License-Identifier: GPL-2.0-only
/*
 * A layout change waits while a page of the file is held, and is woken by the
 * last reference, whichever of the kernel's functions gives it back.
 *
 *	held by		given back by				one variant each
 *	FOLL_PIN	unpin_user_page() and its kin		fs x page size
 *	FOLL_GET	put_page() and its kin
 */
#include "harness.h"

FIXTURE(driver_pin) {
	struct df_world w;
	struct df_proof p;
};

FIXTURE_VARIANT(driver_pin) {
	const char *fstype;
	size_t fault;
	uint32_t flags;
	enum daxwake_how how;
};

#define ADD(fs, size, fault_, flags_, how_, name)			\
	FIXTURE_VARIANT_ADD(driver_pin, fs##_##size##_##name) {		\
		.fstype = #fs, .fault = fault_, .flags = flags_, .how = how_ }

#define PIN_FAST DAXWAKE_PIN_FAST
#define PIN_WRITE DAXWAKE_PIN_WRITE
#define WRITE_FAST (PIN_WRITE | PIN_FAST)
#define GET DAXWAKE_PIN_GET
#define GET_FAST (GET | PIN_FAST)

/* file system by file system: making one costs more than a test */
#define EACH_RELEASE(fs, size, bytes)					\
	ADD(fs, size, bytes, WRITE_FAST, DAXWAKE_UNPIN_USER_PAGE, unpin_user_page); \
	ADD(fs, size, bytes, PIN_WRITE, DAXWAKE_UNPIN_USER_PAGES, unpin_user_pages); \
	ADD(fs, size, bytes, WRITE_FAST, DAXWAKE_UNPIN_USER_PAGES_DIRTY_LOCK, unpin_dirty_lock); \
	ADD(fs, size, bytes, PIN_WRITE, DAXWAKE_UNPIN_USER_PAGE_RANGE_DIRTY_LOCK, unpin_range); \
	ADD(fs, size, bytes, 0, DAXWAKE_UNPIN_USER_FOLIO, unpin_user_folio); \
	ADD(fs, size, bytes, PIN_FAST, DAXWAKE_UNPIN_FOLIO, unpin_folio); \
	ADD(fs, size, bytes, 0, DAXWAKE_UNPIN_FOLIOS, unpin_folios); \
	ADD(fs, size, bytes, GET_FAST, DAXWAKE_PUT_PAGE, put_page); \
	ADD(fs, size, bytes, GET, DAXWAKE_FOLIO_PUT, folio_put); \
	ADD(fs, size, bytes, GET_FAST, DAXWAKE_FOLIO_PUT_REFS, folio_put_refs); \
	ADD(fs, size, bytes, GET, DAXWAKE_RELEASE_PAGES, release_pages); \
	ADD(fs, size, bytes, GET_FAST, DAXWAKE_FOLIOS_PUT, folios_put)

DF_EACH_FSDAX(EACH_RELEASE);

FIXTURE_SETUP(driver_pin)
{
	size_t len = DF_LEN(variant->fault);

	DF_REQUIRE(df_dev_has(variant->how));
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, len, variant->fault));
	self->p = (struct df_proof) {
		.file = &self->w.file,
		.len = len,
		.hold = {
			.src = &df_source_driver,
			.pin_flags = variant->flags,
			.how = variant->how,
		},
	};
}

FIXTURE_TEARDOWN(driver_pin)
{
	DF_WORLD_DONE(&self->w);
}

TEST_F(driver_pin, truncate_waits_and_is_woken)
{
	self->p.trigger = &df_trigger_truncate;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) {
		DF_VERDICT(&self->p);
		DF_HINT_WAKE(&self->p, variant->how);
	}
}

TEST_F(driver_pin, punch_waits_and_is_woken)
{
	self->p.trigger = &df_trigger_punch;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) {
		DF_VERDICT(&self->p);
		DF_HINT_WAKE(&self->p, variant->how);
	}
}

TEST_F(driver_pin, unlink_waits_and_is_woken)
{
	self->p.trigger = &df_trigger_unlink;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) {
		DF_VERDICT(&self->p);
		DF_HINT_EVICT(&self->p, DF_EARLY);
		DF_HINT_WAKE(&self->p, variant->how);
	}
}

DF_HARNESS_MAIN
