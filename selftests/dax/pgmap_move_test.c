// SPDX-License-Identifier: GPL-2.0-only
/*
 * Anonymous memory that is moved to device memory keeps what is in it, there and
 * back; each device page it was in is free again exactly when nobody has it any
 * more, and is as good as new for the next.
 *
 *			a CPU touches it	somebody pins it
 *	private		it comes home		it comes home, and is pinned there
 *	coherent	it stays		it stays, and is pinned where it is
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "internal.h"

#define NPAGES	16
#define LEN	(NPAGES * DF_PTE)

FIXTURE(pgmap_move) {
	struct df_pgmap m;
	int dev;
	char *map;
};

FIXTURE_VARIANT(pgmap_move) {
	enum daxwake_pgmap type;
	bool stays;
};

FIXTURE_VARIANT_ADD(pgmap_move, private) { DAXWAKE_PGMAP_PRIVATE, false };
FIXTURE_VARIANT_ADD(pgmap_move, coherent) { DAXWAKE_PGMAP_COHERENT, true };

/* Anonymous, in small pages, each byte known. */
static char *memory(unsigned char salt)
{
	char *map = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	madvise(map, LEN, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < LEN; i++)
		map[i] = df_file_byte(i) ^ salt;
	return map;
}

static bool as_written(const char *map, unsigned char salt)
{
	for (size_t i = 0; i < LEN; i++)
		if ((unsigned char)map[i] != (df_file_byte(i) ^ salt))
			return false;
	return true;
}

FIXTURE_SETUP(pgmap_move)
{
	DF_REQUIRE(df_dev_open(&self->dev));
	DF_REQUIRE(df_kmsg_init());
	DF_REQUIRE(df_pgmap_init(&self->m, self->dev, variant->type, 0));
	self->map = memory(0);
	ASSERT_NE(NULL, self->map);
}

FIXTURE_TEARDOWN(pgmap_move)
{
	if (self->map)
		munmap(self->map, LEN);
	close(self->dev);
	DF_NO_SPLAT();
}

#define MOVE(map_) ASSERT_EQ(NPAGES, __df_pgmap_move(&self->m, map_, LEN, 0)) \
	TH_LOG("verdict: premise: %s", df_reason())

#define UNMAP() do {							\
	ASSERT_EQ(0, munmap(self->map, LEN));				\
	self->map = NULL;						\
} while (0)

struct count {
	unsigned int out;	/* pages that are out now */
	unsigned int freed;	/* callbacks, all pages together */
	unsigned int flags;	/* of all callbacks */
	unsigned int strays, most;	/* callbacks of any one page */
};

static int count(struct df_pgmap *m, struct count *c)
{
	struct daxwake_pgmap_page pages[512];
	struct daxwake_pgmap_look look;
	int ret = __df_pgmap_look(m, pages, &look);

	*c = (struct count){ 0 };
	for (unsigned int i = 0; !ret && i < m->npages; i++) {
		c->out += !!(pages[i].flags & DAXWAKE_PGMAP_OUT);
		c->freed += pages[i].freed;
		c->flags |= pages[i].flags;
		c->strays += pages[i].strays;
		c->most = pages[i].freed > c->most ? pages[i].freed : c->most;
	}
	return ret;
}

struct counting {
	struct df_pgmap *m;
	unsigned int freed;
	struct count c;
};

static bool are_freed(void *arg)
{
	struct counting *n = arg;

	return !count(n->m, &n->c) && n->c.freed >= n->freed;
}

/* A page that others hold for a moment (on its way through a list) comes later. */
#define EXPECT_FREED(n_) do {						\
	struct counting n = { .m = &self->m, .freed = n_ };		\
	EXPECT_TRUE(df_poll(are_freed, &n, df_settle())) {		\
		TH_LOG("verdict: leaked_ref");				\
		TH_LOG("%u callbacks instead of %u", n.c.freed, n_);	\
	}								\
	EXPECT_GE(n_, n.c.freed) TH_LOG("verdict: double_free");	\
	EXPECT_EQ(0, n.c.strays) TH_LOG("verdict: double_free");	\
} while (0)

#define EXPECT_FAULTS(n_) do {						\
	struct daxwake_pgmap_look l;					\
	ASSERT_EQ(0, __df_pgmap_look(&self->m, NULL, &l));		\
	EXPECT_EQ(n_, l.out_faults) TH_LOG("verdict: wrong_data");	\
} while (0)

TEST_F(pgmap_move, data_survives_the_way_there_and_back)
{
	struct count c;

	MOVE(self->map);
	ASSERT_EQ(0, count(&self->m, &c));
	ASSERT_EQ(NPAGES, c.out) TH_LOG("verdict: premise");
	EXPECT_EQ(NPAGES, __df_pgmap_move(&self->m, self->map, LEN, DAXWAKE_MOVE_BACK))
		TH_LOG("verdict: leaked_ref");
	EXPECT_TRUE(as_written(self->map, 0)) TH_LOG("verdict: wrong_data");
	EXPECT_FAULTS(0);
	EXPECT_FREED(NPAGES);
}

TEST_F(pgmap_move, touch_brings_private_memory_home)
{
	MOVE(self->map);
	EXPECT_TRUE(as_written(self->map, 0)) TH_LOG("verdict: wrong_data");
	EXPECT_FAULTS(variant->stays ? 0 : NPAGES);
	EXPECT_FREED(variant->stays ? 0 : NPAGES);
	for (size_t i = 0; i < LEN; i++)
		self->map[i] ^= 0xff;
	EXPECT_TRUE(as_written(self->map, 0xff)) TH_LOG("verdict: wrong_data");
}

TEST_F(pgmap_move, unmapped_memory_is_freed_once)
{
	struct count c;

	MOVE(self->map);
	UNMAP();
	EXPECT_FREED(NPAGES);
	ASSERT_EQ(0, count(&self->m, &c));
	EXPECT_EQ(1, c.most) TH_LOG("verdict: double_free");
	EXPECT_FALSE(c.flags & DAXWAKE_PGMAP_FREED_MAPPED) {
		TH_LOG("verdict: wrong_data");
		TH_LOG("->mapping was still set when a page was called back");
	}
}

/* Of another mapping at other addresses, in the pages that were just freed. */
TEST_F(pgmap_move, freed_pages_are_as_new_for_the_next)
{
	struct count c;
	char *next = memory(0x33);

	ASSERT_NE(NULL, next);
	MOVE(self->map);
	UNMAP();
	EXPECT_FREED(NPAGES);
	MOVE(next);
	ASSERT_EQ(0, count(&self->m, &c));
	ASSERT_EQ(NPAGES, c.out) TH_LOG("verdict: premise");
	EXPECT_EQ(NPAGES, __df_pgmap_move(&self->m, next, LEN, DAXWAKE_MOVE_BACK));
	EXPECT_TRUE(as_written(next, 0x33)) TH_LOG("verdict: wrong_data");
	EXPECT_FREED(2 * NPAGES);
	ASSERT_EQ(0, count(&self->m, &c));
	EXPECT_EQ(2, c.most) TH_LOG("verdict: premise: they were other pages");
}

TEST_F(pgmap_move, fork_shares_it_until_both_are_gone)
{
	int go[2];
	pid_t pid;
	char c;

	MOVE(self->map);
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* a copy of the file would keep it from ending */
		close(self->dev);
		close(go[1]);
		_exit(read(go[0], &c, 1) || !as_written(self->map, 0));
	}
	close(go[0]);
	UNMAP();
	EXPECT_FREED(0);
	close(go[1]);
	ASSERT_EQ(pid, waitpid(pid, (int *)&(int){ 0 }, 0));
	EXPECT_FREED(NPAGES);
}

TEST_F(pgmap_move, pin_outlives_munmap)
{
	struct daxwake_page page;
	uint32_t handle;

	MOVE(self->map);
	ASSERT_EQ(0, __df_pin(self->dev, self->map, DF_PTE, DAXWAKE_PIN_WRITE, &handle))
		TH_LOG("%s", df_reason());
	ASSERT_EQ(0, __df_pages_at(self->dev, self->map, 1, &page));
	EXPECT_EQ(variant->stays, page.flags & DAXWAKE_PAGE_DEVICE &&
		  page.pgmap == DAXWAKE_PGMAP_COHERENT) TH_LOG("verdict: wrong_data");
	EXPECT_FREED(variant->stays ? 0 : 1);
	UNMAP();
	EXPECT_FREED(variant->stays ? NPAGES - 1 : NPAGES);
	ASSERT_EQ(0, __df_release(self->dev, handle, DAXWAKE_UNPIN_USER_PAGE, DAXWAKE_CTX_CALLER,
				  0, DF_ALL));
	EXPECT_FREED(NPAGES);
}

/* --- who pays for it --------------------------------------------------------- */

FIXTURE(pgmap_memcg) {
	struct df_pgmap m;
	int dev;
	char *map;
};

FIXTURE_VARIANT(pgmap_memcg) {
	enum daxwake_pgmap type;
};

FIXTURE_VARIANT_ADD(pgmap_memcg, private) { DAXWAKE_PGMAP_PRIVATE };
FIXTURE_VARIANT_ADD(pgmap_memcg, coherent) { DAXWAKE_PGMAP_COHERENT };

FIXTURE_SETUP(pgmap_memcg)
{
	if (!df_config_has("CONFIG_MEMCG"))
		DF_REQUIRE(df_lacks("CONFIG_MEMCG is not set in this kernel"));
	DF_REQUIRE(df_dev_open(&self->dev));
	DF_REQUIRE(df_pgmap_init(&self->m, self->dev, variant->type, 0));
	self->map = memory(0);
	ASSERT_NE(NULL, self->map);
}

FIXTURE_TEARDOWN(pgmap_memcg)
{
	close(self->dev);
}

TEST_F(pgmap_memcg, freed_page_is_uncharged)
{
	struct count c;

	MOVE(self->map);
	ASSERT_EQ(0, count(&self->m, &c));
	ASSERT_TRUE(c.flags & DAXWAKE_PGMAP_CHARGED) TH_LOG("verdict: premise: nobody is charged");
	UNMAP();
	EXPECT_FREED(NPAGES);
	ASSERT_EQ(0, count(&self->m, &c));
	EXPECT_FALSE(c.flags & (DAXWAKE_PGMAP_CHARGED | DAXWAKE_PGMAP_FREED_CHARGED))
		TH_LOG("verdict: leaked_ref");
}

DF_HARNESS_MAIN
