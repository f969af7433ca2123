// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wake-up fires wherever the last reference is given back: in the caller,
 * on another CPU, in a worker, in a softirq.
 */
#include "harness.h"

FIXTURE(context) {
	struct df_world w;
	struct df_proof p;
};

FIXTURE_VARIANT(context) {
	const char *fstype;
	size_t fault;
	enum daxwake_context ctx;
};

#define ADD(fs, size, fault_, ctx_, name)				\
	FIXTURE_VARIANT_ADD(context, fs##_##size##_##name) {		\
		.fstype = #fs, .fault = fault_, .ctx = ctx_ }

/* file system by file system: making one costs more than a test */
#define EACH_CONTEXT(fs, size, bytes)					\
	ADD(fs, size, bytes, DAXWAKE_CTX_OTHER_CPU, other_cpu);		\
	ADD(fs, size, bytes, DAXWAKE_CTX_WORKQUEUE, workqueue);		\
	ADD(fs, size, bytes, DAXWAKE_CTX_SOFTIRQ, softirq)

DF_EACH_FSDAX(EACH_CONTEXT);

FIXTURE_SETUP(context)
{
	size_t len = DF_LEN(variant->fault);

	if (variant->ctx == DAXWAKE_CTX_OTHER_CPU && sysconf(_SC_NPROCESSORS_ONLN) < 2)
		DF_REQUIRE(df_lacks("only one CPU is online"));
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, len, variant->fault));
	self->p = (struct df_proof) {
		.file = &self->w.file,
		.trigger = &df_trigger_truncate,
		.len = len,
		.hold = { .src = &df_source_driver, .ctx = variant->ctx },
	};
}

FIXTURE_TEARDOWN(context)
{
	DF_WORLD_DONE(&self->w);
}

TEST_F(context, unpin_wakes_truncate)
{
	self->p.hold.pin_flags = DAXWAKE_PIN_WRITE;
	self->p.hold.how = DAXWAKE_UNPIN_USER_PAGES;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) DF_VERDICT(&self->p);
}

TEST_F(context, put_page_wakes_truncate)
{
	self->p.hold.pin_flags = DAXWAKE_PIN_GET;
	self->p.hold.how = DAXWAKE_PUT_PAGE;
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) DF_VERDICT(&self->p);
}

DF_HARNESS_MAIN
