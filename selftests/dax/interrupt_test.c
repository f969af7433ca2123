// SPDX-License-Identifier: GPL-2.0-only
/*
 * A layout change that waits for a pin can be interrupted: it returns EINTR
 * and has changed nothing. One that is stopped waits again when it goes on,
 * and a holder that is killed frees it.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "harness.h"

FIXTURE(interrupt) {
	struct df_world w;
	struct df_proof p;
	struct df_task t;
};

FIXTURE_VARIANT(interrupt) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(interrupt);

FIXTURE_SETUP(interrupt)
{
	size_t len = DF_LEN(variant->fault);

	DF_REQUIRE(df_world_init(&self->w, variant->fstype, len, variant->fault));
	self->p = (struct df_proof) {
		.file = &self->w.file,
		.trigger = &df_trigger_truncate,
		.len = len,
		.hold = {
			.src = &df_source_driver,
			.pin_flags = DAXWAKE_PIN_WRITE,
			.how = DAXWAKE_UNPIN_USER_PAGES,
		},
	};
}

FIXTURE_TEARDOWN(interrupt)
{
	df_proof_end(&self->p, &self->t);
	DF_WORLD_DONE(&self->w);
}

#define EXPECT_FILE_INTACT() do {					\
	struct stat st;							\
	unsigned char got;						\
	size_t off;							\
	ASSERT_EQ(0, fstat(self->w.file.fd, &st));			\
	EXPECT_EQ(self->w.file.len, st.st_size) TH_LOG("verdict: wrong_data"); \
	EXPECT_LE(self->w.file.len / 512, st.st_blocks) TH_LOG("verdict: wrong_data"); \
	for (off = 0; off < self->w.file.len; off += DF_PTE) {		\
		ASSERT_EQ(1, pread(self->w.file.fd, &got, 1, off));	\
		ASSERT_EQ(df_file_byte(off), got);			\
	}								\
} while (0)

TEST_F(interrupt, signal_ends_truncate_with_eintr)
{
	struct df_proof *p = &self->p;
	struct daxwake_page now;

	ASSERT_EQ(DF_OK, df_proof_until_blocked(p, &self->t)) DF_VERDICT(p);

	ASSERT_EQ(0, kill(self->t.pid, SIGUSR1));
	ASSERT_EQ(0, __df_task_join(&self->t, df_deadline())) {
		TH_LOG("verdict: unkillable");
		TH_LOG("slept: %s", self->t.slept);
	}
	EXPECT_EQ(-EINTR, df_task_returned(&self->t)) TH_LOG("verdict: wrong_errno");
	EXPECT_FILE_INTACT();
	ASSERT_EQ(0, __df_pages_pfn(self->w.dev, p->held[0].pfn, 1, &now));
	EXPECT_LT(0, now.pins);
}

/* By its default action, as an administrator or a service manager does it. */
TEST_F(interrupt, sigterm_ends_truncate)
{
	struct df_proof *p = &self->p;

	ASSERT_EQ(DF_OK, df_proof_until_blocked(p, &self->t)) DF_VERDICT(p);

	ASSERT_EQ(0, kill(self->t.pid, SIGTERM));
	EXPECT_EQ(0, __df_task_join(&self->t, df_deadline())) {
		TH_LOG("verdict: unkillable");
		TH_LOG("slept: %s", self->t.slept);
	}
	EXPECT_FILE_INTACT();
}

TEST_F(interrupt, sigkill_ends_truncate)
{
	struct df_proof *p = &self->p;

	ASSERT_EQ(DF_OK, df_proof_until_blocked(p, &self->t)) DF_VERDICT(p);

	EXPECT_EQ(0, __df_task_kill(&self->t)) {
		TH_LOG("verdict: unkillable");
		TH_LOG("slept: %s", self->t.slept);
	}
	EXPECT_FILE_INTACT();
}

static bool stopped(void *arg)
{
	struct df_task *t = arg;

	return __df_task_state(t) == 'T' || df_task_done(t);
}

/* It leaves the wait queue, and its system call begins anew when it may go on. */
TEST_F(interrupt, stopped_truncate_waits_again)
{
	struct df_proof *p = &self->p;
	unsigned int sleepers;

	ASSERT_EQ(DF_OK, df_proof_until_blocked(p, &self->t)) DF_VERDICT(p);

	ASSERT_EQ(0, kill(self->t.pid, SIGSTOP));
	ASSERT_TRUE(df_poll(stopped, &self->t, df_deadline())) {
		__df_task_slept(&self->t);
		TH_LOG("verdict: unkillable");
		TH_LOG("slept: %s", self->t.slept);
	}
	ASSERT_FALSE(df_task_done(&self->t)) {
		TH_LOG("verdict: early");
		TH_LOG("truncate ended when it was stopped: %s",
		       strerror(-df_task_returned(&self->t)));
	}
	ASSERT_EQ(0, __df_waiters(self->w.dev, p->held[0].pfn, NULL, 0, &sleepers));
	EXPECT_EQ(0, sleepers) TH_LOG("verdict: premise");

	ASSERT_EQ(0, kill(self->t.pid, SIGCONT));
	ASSERT_EQ(DF_OK, df_proof_blocked(p, &self->t)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
}

TEST_F(interrupt, killed_holder_frees_truncate)
{
	struct df_proof *p = &self->p;

	p->hold.src = &df_source_pin_killed;
	EXPECT_EQ(DF_OK, __df_prove(p)) DF_VERDICT(p);
}

DF_HARNESS_MAIN
