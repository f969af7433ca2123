// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has a device only mapped does not keep it: it is taken down at once, whichever
 * way, and from then on a fault ends in SIGBUS. Nor does one who faults all the time.
 *
 *	map, touch  -->  down  -->  touch: SIGBUS  -->  unmap, close  -->  up
 *
 * Nor is it broken by one who still has it open when it comes up again.
 */
#include <setjmp.h>
#include <signal.h>

#include "harness.h"

DF_LAST("reopen*");

/* Shared by the processes of a test. */
struct shared {
	struct df_devdax d;
	int (*take)(void *d), (*give)(void *d);
	char *map;
	int sig;		/* that a fault has ended in */
	int err;		/* that mapping it has */
	unsigned int rounds;	/* of faults before */
	struct df_task *other;	/* who faults, or NULL */
};

FIXTURE(detach) {
	struct df_teardown down;
	struct df_task other;
	struct daxwake_page base;
	struct shared *s;
};

FIXTURE_VARIANT(detach) {
	int (*take)(void *d), (*give)(void *d);
	size_t align;
};

#define ADD(name, size, take_, give_)					\
	FIXTURE_VARIANT_ADD(detach, name) { .take = take_, .give = give_, .align = size }
ADD(device_4k, DF_PTE, __df_devdax_unbind, __df_devdax_bind);
ADD(device_2m, DF_PMD, __df_devdax_unbind, __df_devdax_bind);
ADD(namespace_4k, DF_PTE, __df_devdax_namespace_down, __df_devdax_namespace_up);
ADD(namespace_2m, DF_PMD, __df_devdax_namespace_down, __df_devdax_namespace_up);
ADD(system_ram_4k, DF_PTE, __df_devdax_to_ram, __df_devdax_bind);
ADD(system_ram_2m, DF_PMD, __df_devdax_to_ram, __df_devdax_bind);

static sigjmp_buf back;

static void on_sigbus(int sig)
{
	siglongjmp(back, sig);
}

/* Returns the signal that it has ended in, or 0. */
static int touch(volatile char *map)
{
	struct sigaction sa = { .sa_handler = on_sigbus }, old;
	int sig;

	sigaction(SIGBUS, &sa, &old);
	sig = sigsetjmp(back, 1);
	if (!sig)
		*map = 0x5a;
	sigaction(SIGBUS, &old, NULL);
	return sig;
}

static char *map_it(struct df_devdax *d)
{
	return mmap(NULL, DF_PMD, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, 0);
}

/* Its own entry: fork() has not copied that of a file. */
static int down_and_touch(void *arg)
{
	struct shared *s = arg;
	int ret = touch(s->map) ? -EFAULT : s->take(&s->d);

	if (!ret)
		s->sig = touch(s->map);
	return ret;
}

static int fault_on(void *arg)
{
	struct shared *s = arg;
	int sig = 0, err = 0;

	while (!sig && !err) {
		char *map = map_it(&s->d);

		if (map == MAP_FAILED) {
			err = errno;
		} else {
			sig = touch(map);
			munmap(map, DF_PMD);
		}
		__atomic_add_fetch(&s->rounds, 1, __ATOMIC_SEQ_CST);
	}
	s->sig = sig;
	s->err = err;
	return 0;
}

static bool has_begun(void *arg)
{
	struct shared *s = arg;

	return __atomic_load_n(&s->rounds, __ATOMIC_SEQ_CST) > 10;
}

/* Not up again before the other has seen it down. */
static bool has_ended(void *arg)
{
	volatile struct shared *s = arg;

	return s->sig || s->err;
}

static int down_beside_faults(void *arg)
{
	struct shared *s = arg;
	int ret = s->take(&s->d);

	if (!ret)
		df_poll(has_ended, s, df_deadline());
	return ret;
}

static void leave(struct shared *s)
{
	munmap(s->map, DF_PMD);
	df_devdax_done(&s->d);
}

static int up(void *arg)
{
	struct shared *s = arg;

	if (s->other && __df_task_join(s->other, df_deadline()))
		return -ETIMEDOUT;
	leave(s);
	return s->give(&s->d);
}

FIXTURE_SETUP(detach)
{
	struct shared *s;

	self->down.dev = -1;
	DF_REQUIRE(df_require("driver devdax disposable"));
	if (variant->take == __df_devdax_to_ram)
		DF_REQUIRE(df_require("module:kmem"));
	DF_REQUIRE(df_dev_open(&self->down.dev));
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, s);
	self->s = s;
	s->take = variant->take;
	s->give = variant->give;
	DF_REQUIRE(df_devdax_init(&s->d, variant->align));
	if (variant->take == __df_devdax_to_ram)
		DF_REQUIRE(df_devdax_can_be_ram(&s->d));
	s->map = map_it(&s->d);
	ASSERT_NE(MAP_FAILED, s->map);
	ASSERT_EQ(0, touch(s->map)) TH_LOG("verdict: premise");
	ASSERT_EQ(0, __df_pages_at(self->down.dev, s->map, 1, &self->base));
	ASSERT_EQ(0, self->base.pins + self->base.refs) TH_LOG("verdict: premise");
	self->down.up = up;
	self->down.arg = s;
}

FIXTURE_TEARDOWN(detach)
{
	if (self->other.pid > 0)
		EXPECT_EQ(0, __df_task_kill(&self->other)) TH_LOG("verdict: unkillable");
	if (self->s)
		df_devdax_done(&self->s->d);
	close(self->down.dev);
	DF_SPOILED();
}

/* What has come back is as good as what was there before. */
#define EXPECT_GOOD() do {						\
	struct daxwake_page now;					\
	char *map;							\
	ASSERT_EQ(0, df_devdax_init(&self->s->d, variant->align)) TH_LOG("%s", df_reason()); \
	map = map_it(&self->s->d);					\
	ASSERT_NE(MAP_FAILED, map);					\
	ASSERT_EQ(0, touch(map)) TH_LOG("verdict: wrong_errno");	\
	ASSERT_EQ(0, __df_pages_at(self->down.dev, map, 1, &now));	\
	EXPECT_EQ(self->base.refcount, now.refcount) TH_LOG("verdict: leaked_ref"); \
	EXPECT_EQ(0, now.pins + now.refs) TH_LOG("verdict: leaked_ref"); \
	munmap(map, DF_PMD);						\
} while (0)

TEST_F(detach, mapping_does_not_keep_it)
{
	self->down.down = down_and_touch;
	EXPECT_EQ(DF_OK, __df_teardown_unheld(&self->down)) DF_VERDICT(&self->down);
	EXPECT_EQ(SIGBUS, self->s->sig) TH_LOG("verdict: wrong_errno");
	EXPECT_GOOD();
}

TEST_F(detach, faults_beside_it_end)
{
	int keep[] = { self->s->d.fd, -1 };

	self->s->other = &self->other;
	ASSERT_EQ(0, df_task_start(self->s->other, "faults", fault_on, self->s, keep))
		TH_LOG("%s", df_reason());
	ASSERT_TRUE(df_poll(has_begun, self->s, df_deadline())) TH_LOG("verdict: premise");
	self->down.down = down_beside_faults;
	EXPECT_EQ(DF_OK, __df_teardown_unheld(&self->down)) DF_VERDICT(&self->down);
	EXPECT_TRUE(self->s->sig == SIGBUS || self->s->err == ENXIO) {
		TH_LOG("verdict: wrong_errno");
		TH_LOG("signal %d, mmap(2): %s", self->s->sig, strerror(self->s->err));
	}
	EXPECT_GOOD();
}

/* --- open all the time ---------------------------------------------------------- */

FIXTURE(reopen) {
	struct df_devdax d;
	struct df_teardown down;
};

FIXTURE_SETUP(reopen)
{
	self->down = (struct df_teardown) {
		.down = __df_devdax_unbind, .up = __df_devdax_bind, .arg = &self->d,
	};
	DF_REQUIRE(df_require("driver devdax disposable"));
	DF_REQUIRE(df_devdax_init(&self->d, DF_PTE));
}

FIXTURE_TEARDOWN(reopen)
{
	df_devdax_done(&self->d);
	DF_SPOILED();
}

/*
 * Its cdev is made anew while an inode stands in the list of the old one, and a file
 * holds a reference to that. So the last close frees what is in use, and the next
 * one finds the list broken (BUG in __list_del_entry_valid()).
 */
TEST_F(reopen, opens_after_the_last_close)
{
	EXPECT_EQ(DF_OK, __df_teardown_unheld(&self->down)) DF_VERDICT(&self->down);
	df_devdax_done(&self->d);
	self->d.fd = open(self->d.dev, O_RDWR | O_CLOEXEC);
	EXPECT_LE(0, self->d.fd) {
		TH_LOG("verdict: wrong_errno");
		TH_LOG("%s, enabled again while it was open: %s", self->d.dev, strerror(errno));
		df_session_spoil("the cdev of %s was freed while it was in use", self->d.dev);
	}
}

DF_HARNESS_MAIN
