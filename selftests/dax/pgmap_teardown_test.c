// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking device memory down (memunmap_pages()) waits for each page of it that is
 * out, and comes to its end when the last is home. A kernel that does not wait
 * frees the struct pages under the holder.
 */
#include <linux/membarrier.h>
#include <sys/syscall.h>

#include "harness.h"

#define MANY 32

FIXTURE(pgmap_teardown) {
	struct df_pgmap m;
	int dev;
	uint32_t handle[2];
};

FIXTURE_VARIANT(pgmap_teardown) {
	enum daxwake_pgmap type;
	unsigned int order;
};

FIXTURE_VARIANT_ADD(pgmap_teardown, private) { DAXWAKE_PGMAP_PRIVATE, 0 };
FIXTURE_VARIANT_ADD(pgmap_teardown, private_huge) { DAXWAKE_PGMAP_PRIVATE, 9 };
FIXTURE_VARIANT_ADD(pgmap_teardown, coherent) { DAXWAKE_PGMAP_COHERENT, 0 };

FIXTURE_SETUP(pgmap_teardown)
{
	DF_REQUIRE(df_require("disposable"));
	DF_REQUIRE(df_dev_open(&self->dev));
	DF_REQUIRE(df_kmsg_init());
	DF_REQUIRE(df_pgmap_init(&self->m, self->dev, variant->type, variant->order));
	for (unsigned int i = 0; i < 2; i++) {
		ASSERT_EQ(0, __df_pgmap_take(&self->m, i ? DAXWAKE_TAKE_GET : 0, 0, 1,
					     &self->handle[i])) TH_LOG("%s", df_reason());
	}
}

FIXTURE_TEARDOWN(pgmap_teardown)
{
	close(self->dev);
	DF_NO_SPLAT();
	DF_SPOILED();
}

struct ending {
	struct df_pgmap *m;
	struct daxwake_pgmap_look look;
};

static bool ended(void *arg)
{
	struct ending *e = arg;

	return !__df_pgmap_look(e->m, NULL, &e->look) && e->look.out_state == DAXWAKE_PGMAP_ENDED;
}

/* Two grace periods are all that it sleeps for if nobody holds anything. */
#define EXPECT_WAITS() do {						\
	struct ending e = { .m = &self->m };				\
	bool early;							\
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);		\
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);		\
	early = df_poll(ended, &e, df_settle());			\
	ASSERT_FALSE(early) {						\
		TH_LOG("verdict: early");				\
		TH_LOG("it is down, with %u pages out", e.look.out_left); \
		df_session_spoil("struct pages were freed while they were held"); \
	}								\
} while (0)

#define GIVE_BACK(i) ASSERT_EQ(0, __df_release(self->dev, self->handle[i], DAXWAKE_PUT_PAGE, \
	DAXWAKE_CTX_CALLER, 0, DF_ALL)) TH_LOG("%s", df_reason())

#define EXPECT_ENDS(e) do {						\
	EXPECT_TRUE(df_poll(ended, &(e), df_deadline())) {		\
		TH_LOG("verdict: lost_wakeup");				\
		df_session_spoil("memunmap_pages() does not come to its end"); \
	}								\
	EXPECT_EQ(0, (e).look.out_left) TH_LOG("verdict: early");	\
} while (0)

TEST_F(pgmap_teardown, waits_for_the_last_reference)
{
	struct ending e = { .m = &self->m };

	ASSERT_EQ(0, __df_pgmap_end(&self->m, DAXWAKE_END_ANYWAY)) TH_LOG("%s", df_reason());
	GIVE_BACK(0);
	EXPECT_WAITS();
	GIVE_BACK(1);
	EXPECT_ENDS(e);
	EXPECT_EQ(0, __df_pgmap_end(&self->m, 0)) TH_LOG("%s", df_reason());
}

/* Half of them before it, half beside it, from everywhere. */
TEST_F(pgmap_teardown, references_given_back_beside_it_are_counted)
{
	static const enum daxwake_context from[] = {
		DAXWAKE_CTX_OTHER_CPU, DAXWAKE_CTX_WORKQUEUE, DAXWAKE_CTX_SOFTIRQ,
	};
	unsigned int n = self->m.npages >> self->m.order, wrong = 0, i;
	struct ending e = { .m = &self->m };
	struct daxwake_pgmap_page *seen;
	uint32_t handle[MANY];

	if (n > MANY)
		n = MANY;
	for (i = 1; i < n; i++)
		ASSERT_EQ(0, __df_pgmap_take(&self->m, 0, i, 1, &handle[i]))
			TH_LOG("%s", df_reason());
	for (i = 0; i < n; i++) {
		if (i == n / 2)
			ASSERT_EQ(0, __df_pgmap_end(&self->m, DAXWAKE_END_ANYWAY));
		if (i)
			ASSERT_EQ(0, __df_release_async(self->dev, handle[i], DAXWAKE_PUT_PAGE,
							from[i % 3])) TH_LOG("%s", df_reason());
	}
	GIVE_BACK(0);
	GIVE_BACK(1);
	EXPECT_ENDS(e);
	seen = calloc(self->m.npages, sizeof(*seen));
	ASSERT_NE(NULL, seen);
	ASSERT_EQ(0, __df_pgmap_look(&self->m, seen, &e.look));
	for (i = 0; i < n; i++)
		wrong += seen[i << self->m.order].freed != 1 || seen[i << self->m.order].strays;
	EXPECT_EQ(0, wrong) {
		TH_LOG("verdict: double_free");
		TH_LOG("%u of %u pages were not called back as free once", wrong, n);
	}
	free(seen);
	EXPECT_EQ(0, __df_pgmap_end(&self->m, 0)) TH_LOG("%s", df_reason());
}

DF_HARNESS_MAIN
