// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change that two files take part in waits for a held page of either, and who
 * waits for it can be killed. Which of the two it is must not matter; xfs takes
 * them by inode number:
 *
 *	lower	it sleeps on the page
 *	higher	it holds the lower one meanwhile, so it lets go of both and tries again
 */
#include <sys/stat.h>

#include "harness.h"

#define SPINS_MS 100	/* what a clone of nothing to speak of never takes of a CPU */

FIXTURE(two_inodes) {
	struct df_world w;
	struct df_proof p;
	struct df_task t;
};

FIXTURE_VARIANT(two_inodes) {
	const struct df_trigger *trigger;
	bool higher;		/* of the two is held */
};

#define ADD(change, which, higher_)					\
	FIXTURE_VARIANT_ADD(two_inodes, change##_##which##_held) {	\
		.trigger = &df_trigger_##change, .higher = higher_ }

ADD(clone_to, lower, false);
ADD(clone_to, higher, true);
ADD(exchange_range, lower, false);
ADD(exchange_range, higher, true);

/* The other file is made to be held, and what was to be is the other. */
static int turn_round(struct df_world *w)
{
	struct df_file *f = w->file.other;

	f->dev = w->dev;
	f->fault = w->file.fault;
	f->aim_len = f->len;
	f->other = &w->file;
	return __df_file_map(f, 0, f->len, MAP_SHARED, &f->map) ?: __df_file_fault(f);
}

FIXTURE_SETUP(two_inodes)
{
	struct df_file *lower = &self->w.file, *higher;
	struct stat one, two;

	DF_REQUIRE(df_world_init(&self->w, "xfs", DF_LEN(DF_PTE), DF_PTE));
	lower->aim_len = lower->len;
	DF_REQUIRE(variant->trigger->init(lower));
	higher = lower->other;
	if (variant->higher)
		DF_REQUIRE(turn_round(&self->w));
	ASSERT_EQ(0, fstat(lower->fd, &one));
	ASSERT_EQ(0, fstat(higher->fd, &two));
	ASSERT_LT(one.st_ino, two.st_ino) TH_LOG("verdict: premise");
	self->p = df_proof_of_pin(variant->higher ? higher : lower);
	self->p.trigger = variant->trigger;
}

FIXTURE_TEARDOWN(two_inodes)
{
	df_proof_end(&self->p, &self->t);
	variant->trigger->done(&self->w.file);
	DF_WORLD_DONE(&self->w);
}

struct look {
	struct df_proof *p;
	struct df_task *t;
	double from, spins;	/* of its time on a CPU */
};

static bool sleeps_here(const struct look *l)
{
	struct daxwake_waiter w[16];
	unsigned int n;

	if (__df_waiters(l->p->file->dev, l->p->held[0].pfn, w, 16, &n))
		return false;
	while (n)
		if (w[--n].pid == l->t->pid && w[n].state)
			return true;
	return false;
}

static bool spins(const struct look *l)
{
	return __df_task_cpu_ms(l->t) - l->from >= l->spins;
}

static bool waits(void *look)
{
	struct look *l = look;

	return df_task_done(l->t) || sleeps_here(l) || spins(l);
}

/* Asleep or not: as long as the page is held it does not end. */
#define ASSERT_WAITS() do {						\
	struct df_proof *p = &self->p;					\
	struct look l = { .p = p, .t = &self->t, .spins = SPINS_MS };	\
	ASSERT_EQ(DF_OK, df_proof_hold(p)) DF_VERDICT(p);		\
	ASSERT_EQ(DF_OK, df_proof_provoke(p, &self->t)) DF_VERDICT(p);	\
	ASSERT_TRUE(df_poll(waits, &l, df_deadline())) {		\
		TH_LOG("verdict: hang");				\
		TH_LOG("it neither sleeps on the page nor runs");	\
	}								\
	ASSERT_FALSE(df_task_done(&self->t)) {				\
		TH_LOG("verdict: early");				\
		TH_LOG("it ended, or failed: %s", strerror(-df_task_returned(&self->t))); \
	}								\
} while (0)

TEST_F(two_inodes, release_lets_it_end)
{
	struct df_proof *p = &self->p;

	ASSERT_WAITS();
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
}

static bool gone_or_spins(void *look)
{
	struct look *l = look;

	return df_task_done(l->t) || spins(l);
}

/* It was not killed who goes on computing; the page is let go of afterwards. */
TEST_F(two_inodes, sigkill_ends_it)
{
	struct look l = { .p = &self->p, .t = &self->t, .spins = df_settle() };

	ASSERT_WAITS();
	l.from = __df_task_cpu_ms(&self->t);
	ASSERT_EQ(0, kill(self->t.pid, SIGKILL));
	df_poll(gone_or_spins, &l, df_deadline());
	EXPECT_TRUE(df_task_done(&self->t)) {
		TH_LOG("verdict: unkillable");
		TH_LOG("%s was killed and has run %.0f ms since, for a page that is held",
		       self->t.name, __df_task_cpu_ms(&self->t) - l.from);
	}
}

DF_HARNESS_MAIN
