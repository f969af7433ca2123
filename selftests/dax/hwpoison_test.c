// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page of a DAX file whose memory is found to be bad (MADV_HWPOISON): who uses
 * it is told, nobody else; the look at it leaves no reference behind; and a
 * layout change waits for whoever holds the page all the same, and for nobody
 * else.
 *
 * The mark on the page stays as long as its device has struct pages, and does
 * nothing. So that is done only where all is thrown away afterwards.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness.h"

#ifndef MADV_HWPOISON
#define MADV_HWPOISON 100	/* of the kernel's headers only */
#endif

struct seen {
	const char *path;
	size_t len;
	char *page;
	int sig, code;
	void *addr;
};

static struct seen *seen;	/* shared with the task; a handler has no argument */

FIXTURE(hwpoison) {
	struct df_world w;
	struct df_proof p;
	struct df_task victim, t;
};

FIXTURE_VARIANT(hwpoison) {
	const char *fstype;
};

FIXTURE_VARIANT_ADD(hwpoison, ext4_pte) { .fstype = "ext4" };
FIXTURE_VARIANT_ADD(hwpoison, xfs_pte) { .fstype = "xfs" };

FIXTURE_SETUP(hwpoison)
{
	DF_REQUIRE(df_require("disposable"));
	/* of no bytes: is it known at all? */
	if (madvise((void *)DF_PTE, 0, MADV_HWPOISON) && errno == EINVAL)
		DF_REQUIRE(df_lacks("no MADV_HWPOISON: CONFIG_MEMORY_FAILURE is not set"));
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_LEN(DF_PTE), DF_PTE));
	self->p = df_proof_of_pin(&self->w.file);
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	ASSERT_NE(MAP_FAILED, seen);
	seen->path = self->w.file.path;
	seen->len = self->w.file.len;
	/* we have it mapped, too, and are not to be told */
	ASSERT_EQ(0, prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_LATE, 0, 0));
}

FIXTURE_TEARDOWN(hwpoison)
{
	if (self->victim.pid > 0)
		EXPECT_EQ(0, __df_task_kill(&self->victim)) TH_LOG("verdict: unkillable");
	df_proof_end(&self->p, &self->t);
	DF_WORLD_DONE(&self->w);
}

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	(void)context;
	seen->code = info->si_code;
	seen->addr = info->si_addr;
	seen->sig = sig;
}

/* It comes on the way out of the call, and the page is not touched again. */
static int poison(void *unused)
{
	struct sigaction sa = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };
	int fd = open(seen->path, O_RDWR | O_CLOEXEC);
	volatile char *map;

	(void)unused;
	if (fd < 0 || sigaction(SIGBUS, &sa, NULL))
		return -errno;
	map = mmap(NULL, seen->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	*map = *map;
	seen->page = (char *)map;
	return madvise((char *)map, DF_PTE, MADV_HWPOISON) ? -errno : 0;
}

#define ASSERT_POISONED() do {						\
	struct df_task *v = &self->victim;				\
	ASSERT_EQ(0, df_task_start(v, "victim", poison, NULL, NULL)) TH_LOG("%s", df_reason()); \
	ASSERT_EQ(0, __df_task_join(v, df_deadline())) {		\
		TH_LOG("verdict: hang");				\
		TH_LOG("slept: %s", v->slept);				\
	}								\
	ASSERT_EQ(0, df_task_returned(v)) {				\
		TH_LOG("verdict: premise");				\
		TH_LOG("MADV_HWPOISON: %s", strerror(-df_task_returned(v))); \
	}								\
} while (0)

#define HINT() DF_HINT("23e7b5c2e271", \
	"mm, madvise_inject_error: Let memory_failure() optionally take a page reference")

TEST_F(hwpoison, user_gets_sigbus)
{
	ASSERT_POISONED();
	EXPECT_EQ(SIGBUS, seen->sig) TH_LOG("verdict: wrong_errno");
	EXPECT_TRUE(seen->code == BUS_MCEERR_AR || seen->code == BUS_MCEERR_AO)
		TH_LOG("si_code is %d", seen->code);
	EXPECT_EQ(seen->page, seen->addr);
}

TEST_F(hwpoison, reference_comes_back)
{
	struct df_proof *p = &self->p;

	/* held and let go of: only for what it was, and what it is now */
	ASSERT_EQ(DF_OK, df_proof_hold(p)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	ASSERT_POISONED();
	EXPECT_EQ(DF_OK, df_proof_idle(p)) {
		DF_VERDICT(p);
		HINT();
	}
}

TEST_F(hwpoison, truncate_does_not_wait)
{
	struct df_task *t = &self->t;

	ASSERT_POISONED();
	ASSERT_EQ(0, df_task_start(t, "truncate", df_trigger_truncate.run, &self->w.file, NULL));
	EXPECT_EQ(0, __df_task_join(t, df_deadline())) {
		TH_LOG("verdict: leaked_ref");
		TH_LOG("slept: %s", t->slept);
		HINT();
		return;
	}
	EXPECT_EQ(0, df_task_returned(t)) TH_LOG("verdict: wrong_errno");
}

TEST_F(hwpoison, held_page_is_waited_for)
{
	struct df_proof *p = &self->p;

	ASSERT_EQ(DF_OK, df_proof_hold(p)) DF_VERDICT(p);
	ASSERT_POISONED();
	ASSERT_EQ(DF_OK, df_proof_provoke(p, &self->t)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_blocked(p, &self->t)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
}

/* It may map the page all the same, and is gone before the page is let go of. */
TEST_F(hwpoison, waiter_is_woken_all_the_same)
{
	struct df_proof *p = &self->p;

	ASSERT_EQ(DF_OK, df_proof_until_blocked(p, &self->t)) DF_VERDICT(p);
	ASSERT_POISONED();
	ASSERT_EQ(DF_OK, df_proof_blocked(p, &self->t)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) {
		DF_VERDICT(p);
		HINT();
	}
}

DF_HARNESS_MAIN
