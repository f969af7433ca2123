// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to pin the 4 KiB pages of a file, to unpin them, and to break
 * the layout of the file, by its length. Nothing is claimed of the times:
 * tools/bench prints them by page, and how they grow.
 */
#include <sys/vfs.h>
#include <unistd.h>

#include "harness.h"

#define MIB (1UL << 20)
#define ROUNDS 3

FIXTURE(cost) {
	struct df_world w;
};

FIXTURE_VARIANT(cost) {
	const char *fstype;
	size_t mib;
};

#define ADD(fs, n)							\
	FIXTURE_VARIANT_ADD(cost, fs##_##n##m) { .fstype = #fs, .mib = n }
#define ADD_EACH_LENGTH(fs)						\
	ADD(fs, 16);							\
	ADD(fs, 64);							\
	ADD(fs, 256);							\
	ADD(fs, 1024)

ADD_EACH_LENGTH(ext4);
ADD_EACH_LENGTH(xfs);

enum { PIN, UNPIN, BREAK, COSTS };

FIXTURE_SETUP(cost)
{
	struct statfs sf;
	struct df_fs fs;

	DF_REQUIRE(df_fs_init(&fs, variant->fstype));
	ASSERT_EQ(0, statfs(fs.dir, &sf));
	/* not to the last block: some are for what says where the others are */
	if (sf.f_bfree < variant->mib * MIB / DF_PTE / 8 * 9)
		DF_REQUIRE(df_lacks("%s has only %lu MiB (DAXWAKE_PMEM_SIZE gives a VM more)",
				    fs.dev, sf.f_bfree * DF_PTE / MIB));
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, variant->mib * MIB, DF_PTE));
}

FIXTURE_TEARDOWN(cost)
{
	DF_WORLD_DONE(&self->w);
}

/* What @call takes; the least of all rounds is what it costs without disturbance. */
#define TIMED(least, call) do {						\
	double start = df_now(), took;					\
									\
	ASSERT_EQ(0, call) TH_LOG("%s", df_reason());			\
	took = df_now() - start;					\
	if (!round || took < (least))					\
		(least) = took;						\
} while (0)

TEST_F_TIMEOUT(cost, by_page, 300)
{
	static const char *const name[COSTS] = { "pin", "unpin", "break" };
	struct df_file *f = &self->w.file;
	size_t pages = f->len / DF_PTE, at;
	double ms[COSTS] = { 0 };
	int round, i;
	uint32_t h;

	for (round = 0; round < ROUNDS; round++) {
		/* what is broken is not mapped any more */
		for (at = 0; at < f->len; at += DF_PTE)
			((volatile char *)f->map)[at] = 1;
		TIMED(ms[PIN], __df_pin(self->w.dev, f->map, f->len, DAXWAKE_PIN_WRITE, &h));
		TIMED(ms[UNPIN], __df_release(self->w.dev, h, DAXWAKE_UNPIN_USER_PAGES,
					      DAXWAKE_CTX_CALLER, 0, DF_ALL));
		/* to the length it has: breaks the layout and frees nothing */
		TIMED(ms[BREAK], truncate(f->path, f->len));
	}
	/* for tools/bench */
	for (i = 0; i < COSTS; i++)
		TH_LOG("bench: %s %s %zu pages %.3f us/page", name[i], variant->fstype, pages,
		       ms[i] * 1e3 / pages);
}

DF_HARNESS_MAIN
