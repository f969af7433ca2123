// SPDX-License-Identifier: GPL-2.0-only
/*
 * Positive controls: with the kernel broken on purpose the detectors give
 * exactly the right verdict, and without they give none. Everything else is
 * believed only after this.
 *
 *	broken by			seen as
 *	nothing				ok
 *	wake_up_var() swallowed		lost_wakeup
 *	busy scan sees nothing		early, and stray_write by a late writer
 *	one reference kept		leaked_ref
 *	WARN()				splat
 */
#include "harness.h"

/*
 * A fault can be put only into what works. The kernel under test may have a
 * bug of its own, so the controls use the first of these that gives no verdict.
 */
static const struct {
	const struct df_trigger *trigger;
	uint32_t flags;
	enum daxwake_how how;
} ways[] = {
	{ &df_trigger_truncate, DAXWAKE_PIN_WRITE, DAXWAKE_UNPIN_USER_PAGE },
	{ &df_trigger_truncate, DAXWAKE_PIN_GET, DAXWAKE_PUT_PAGE },
	{ &df_trigger_punch, DAXWAKE_PIN_WRITE, DAXWAKE_UNPIN_USER_PAGE },
	{ &df_trigger_punch, DAXWAKE_PIN_GET, DAXWAKE_PUT_PAGE },
};

FIXTURE(control) {
	struct df_world w;
	struct df_proof p;
};

FIXTURE_VARIANT(control) {
	const char *fstype;
};

FIXTURE_VARIANT_ADD(control, ext4) { .fstype = "ext4" };
FIXTURE_VARIANT_ADD(control, xfs) { .fstype = "xfs" };

FIXTURE_SETUP(control)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		/* the length is for the stray write, as in stray_write_test.c */
		DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_PMD, DF_PTE));
		self->p = (struct df_proof) {
			.file = &self->w.file,
			.trigger = ways[i].trigger,
			.len = DF_PTE,
			.hold = {
				.src = &df_source_driver,
				.pin_flags = ways[i].flags,
				.how = ways[i].how,
			},
		};
		/* and no fault, no verdict */
		if (__df_prove(&self->p) == DF_OK)
			break;
		df_world_done(&self->w);
	}
	if (i == ARRAY_SIZE(ways))
		DF_REQUIRE(df_lacks("no way works on this kernel as it is, the last gives %s: %s",
				    df_verdict_name(self->p.verdict), self->p.detail));
	/* the file that was cut is done with; the fault gets a fresh one */
	ASSERT_EQ(0, df_world_done(&self->w)) TH_LOG("%s", df_reason());
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_PMD, DF_PTE));
}

FIXTURE_TEARDOWN(control)
{
	DF_WORLD_DONE(&self->w);
}

/* Break it, look, mend it; the fault must really have happened. */
#define EXPECT_CONTROL(expected, prove, what) do {			\
	ASSERT_EQ(0, __df_arm(self->w.dev, what, self->w.file.pfn, 1000)) \
		TH_LOG("verdict: control: %s", df_reason());		\
	EXPECT_EQ(expected, prove(&self->p)) {				\
		TH_LOG("verdict: control");				\
		TH_LOG("seen as %s instead of %s; %s",			\
		       df_verdict_name(self->p.verdict),		\
		       df_verdict_name(expected), self->p.detail);	\
	}								\
	EXPECT_LT(0, __df_disarm(self->w.dev, what)) {			\
		TH_LOG("verdict: control");				\
		TH_LOG("the fault was armed and never happened");	\
	}								\
} while (0)

TEST_F(control, no_fault_gets_no_verdict)
{
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) {
		TH_LOG("verdict: control");
		TH_LOG("seen as %s; %s", df_verdict_name(self->p.verdict), self->p.detail);
	}
}

TEST_F(control, swallowed_wake_is_a_lost_wakeup)
{
	EXPECT_CONTROL(DF_LOST_WAKEUP, __df_prove, DAXWAKE_INJECT_SWALLOW_WAKE);
}

TEST_F(control, hidden_busy_page_is_early)
{
	EXPECT_CONTROL(DF_EARLY, __df_prove, DAXWAKE_INJECT_HIDE_BUSY);
}

TEST_F(control, hidden_busy_page_gives_a_stray_write)
{
	EXPECT_CONTROL(DF_STRAY_WRITE, __df_prove_no_stray_write, DAXWAKE_INJECT_HIDE_BUSY);
}

TEST_F(control, kept_reference_is_a_leaked_ref)
{
	EXPECT_CONTROL(DF_LEAKED_REF, __df_prove, DAXWAKE_INJECT_LEAK_REF);
}

static enum df_verdict warn_meanwhile(struct df_proof *p, struct df_task *t)
{
	(void)t;
	if (__df_arm(p->file->dev, DAXWAKE_INJECT_SPLAT, 0, 1))
		return df_conclude(p, DF_PREMISE, "%s", df_reason());
	return DF_OK;
}

TEST_F(control, kernel_warning_is_a_splat)
{
	self->p.meanwhile = warn_meanwhile;
	EXPECT_EQ(DF_SPLAT, __df_prove(&self->p)) {
		TH_LOG("verdict: control");
		TH_LOG("seen as %s; %s", df_verdict_name(self->p.verdict), self->p.detail);
	}
}

DF_HARNESS_MAIN
