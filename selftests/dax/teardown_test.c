// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device is not taken down under a page that somebody holds: unbinding it
 * waits for the last reference.
 *
 *	map, hold, unmap, close  -->  unbind waits  -->  release  -->  unbound
 *
 * A kernel that does not wait frees the struct pages under the holder: what
 * releases them later writes to whatever is there by then. So these tests run
 * only where the kernel may die, and one that has been caught is not used again.
 */
#include "harness.h"

FIXTURE(teardown) {
	struct df_devdax d;
	struct daxwake_page held;
	uint32_t handle;
	double unheld_ms;	/* how long it takes while nobody holds a page */
	int dev;
};

FIXTURE_VARIANT(teardown) {
	size_t align;
	uint32_t flags;
	enum daxwake_how how;
};

FIXTURE_VARIANT_ADD(teardown, devdax_2m_longterm) {
	.align = DF_PMD, .flags = DAXWAKE_PIN_WRITE | DAXWAKE_PIN_LONGTERM,
	.how = DAXWAKE_UNPIN_USER_PAGES };
FIXTURE_VARIANT_ADD(teardown, devdax_4k_get) {
	.align = DF_PTE, .flags = DAXWAKE_PIN_GET, .how = DAXWAKE_PUT_PAGE };

/* Also the claim's other half: with nothing held it is done. */
static int measure(struct _test_data_teardown *self)
{
	struct df_task t = { 0 };
	double began = df_now();
	int ret;

	ret = df_task_start(&t, "unbind", __df_devdax_unbind, &self->d, NULL);
	if (!ret)
		ret = __df_task_join(&t, df_deadline());
	self->unheld_ms = df_now() - began;
	return ret ?: df_task_returned(&t) ?: __df_devdax_bind(&self->d);
}

FIXTURE_SETUP(teardown)
{
	struct daxwake_page before;
	char *map;

	DF_REQUIRE(df_require("driver devdax disposable"));
	DF_REQUIRE(df_dev_open(&self->dev));
	DF_REQUIRE(df_devdax_init(&self->d, variant->align));
	df_devdax_done(&self->d);
	ASSERT_EQ(0, measure(self)) TH_LOG("%s", df_reason());
	DF_REQUIRE(df_devdax_init(&self->d, variant->align));
	map = mmap(NULL, DF_PMD, PROT_READ | PROT_WRITE, MAP_SHARED, self->d.fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	memset(map, 0x5a, DF_PTE);
	ASSERT_EQ(0, __df_pages_at(self->dev, map, 1, &before));
	ASSERT_EQ(0, before.pins + before.refs) TH_LOG("verdict: premise");
	ASSERT_EQ(0, __df_pin(self->dev, map, DF_PTE, variant->flags, &self->handle))
		TH_LOG("%s", df_reason());
	ASSERT_EQ(0, munmap(map, DF_PMD));
	df_devdax_done(&self->d);
	ASSERT_EQ(0, __df_pages_pfn(self->dev, before.pfn, 1, &self->held));
	ASSERT_LT(0, self->held.pins + self->held.refs) TH_LOG("verdict: premise");
}

FIXTURE_TEARDOWN(teardown)
{
	close(self->dev);
	DF_SPOILED();
}

static bool unbound(void *arg)
{
	return df_task_done(arg);
}

/*
 * No queue of the page's shows this wait, and on its way an unbind sleeps for
 * other things too (grace periods). What it takes with nobody holding anything
 * is known, though: if it is not done in ten times that, it waits.
 */
TEST_F(teardown, unbind_waits_for_the_last_reference)
{
	int patience = 10 * self->unheld_ms + df_settle();
	struct df_task t = { 0 };
	struct daxwake_page now;
	bool gone;

	ASSERT_EQ(0, df_task_start(&t, "unbind", __df_devdax_unbind, &self->d, NULL));
	df_poll(unbound, &t, patience);
	/* while it waits the device is dying, and gives nobody a look either */
	gone = df_task_done(&t) && (__df_pages_pfn(self->dev, self->held.pfn, 1, &now) ||
				    !(now.flags & DAXWAKE_PAGE_DEVICE));
	EXPECT_FALSE(gone) {
		TH_LOG("verdict: early");
		TH_LOG("the device is down, pfn %#llx has no struct page, pins %d, other refs %d",
		       (unsigned long long)self->held.pfn, self->held.pins, self->held.refs);
	}
	if (gone) {
		ASSERT_EQ(0, __df_forget(self->dev, self->handle)) TH_LOG("%s", df_reason());
		df_session_spoil("struct pages were freed while they were held");
		return;
	}

	ASSERT_EQ(0, __df_release(self->dev, self->handle, variant->how, DAXWAKE_CTX_CALLER, 0,
				  DF_ALL)) TH_LOG("%s", df_reason());
	EXPECT_EQ(0, __df_task_join(&t, df_deadline())) {
		TH_LOG("verdict: lost_wakeup");
		TH_LOG("slept: %s", t.slept);
		df_session_spoil("%s", df_reason());
		return;
	}
	EXPECT_EQ(0, df_task_returned(&t)) TH_LOG("verdict: wrong_errno");
	EXPECT_EQ(0, __df_devdax_bind(&self->d)) TH_LOG("%s", df_reason());
}

DF_HARNESS_MAIN
