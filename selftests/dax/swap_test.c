// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that gets another one's blocks for its own: EXT4_IOC_SWAP_BOOT,
 * XFS_IOC_SWAPEXT and, as it should be, XFS_IOC_EXCHANGE_RANGE. Who holds or maps
 * a page of it has to do with that file only, before and after, as with every
 * other change of a layout.
 */
#include <fcntl.h>
#include <unistd.h>

#include "harness.h"

#define SCRIBBLE 0x3a

static int set_up(struct df_world *w, struct df_proof *p, const char *fstype, size_t fault,
		  const struct df_trigger *trigger)
{
	int ret = df_world_init(w, fstype, DF_LEN(fault), fault);

	*p = df_proof_of_pin(&w->file);
	p->trigger = trigger;
	w->file.aim_len = w->file.len;
	return ret || !trigger->init ? ret : trigger->init(&w->file);
}

FIXTURE(swap) {
	struct df_world w;
	struct df_proof p;
	struct df_task t;
	struct df_file heir;	/* who has the blocks afterwards */
};

FIXTURE_VARIANT(swap) {
	const char *fstype;
	const struct df_trigger *trigger;
};

FIXTURE_VARIANT_ADD(swap, ext4_boot) { .fstype = "ext4", .trigger = &df_trigger_swap_boot };
FIXTURE_VARIANT_ADD(swap, xfs_ext) { .fstype = "xfs", .trigger = &df_trigger_swapext };
FIXTURE_VARIANT_ADD(swap, xfs_range) {
	.fstype = "xfs", .trigger = &df_trigger_exchange_range,
};

FIXTURE_SETUP(swap)
{
	self->heir.fd = -1;
	DF_REQUIRE(set_up(&self->w, &self->p, variant->fstype, DF_PTE, variant->trigger));
}

FIXTURE_TEARDOWN(swap)
{
	/* the boot loader's inode is no place to leave blocks in */
	if (variant->trigger == &df_trigger_swap_boot)
		variant->trigger->run(&self->w.file);
	if (self->heir.fd >= 0)
		df_file_done(&self->heir);
	if (variant->trigger->done)
		variant->trigger->done(&self->w.file);
	DF_WORLD_DONE(&self->w);
}

/* Open the file that has got the blocks; from the boot loader's inode a third one. */
static int inherit(struct df_file *heir, struct df_file *f, const struct df_trigger *trigger)
{
	const struct df_file *other = f->other;

	if (other)
		snprintf(heir->path, sizeof(heir->path), "%s", other->path);
	else
		snprintf(heir->path, sizeof(heir->path), "%.*s/heir", PATH_MAX - 8, f->fs->dir);
	heir->fd = open(heir->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (heir->fd < 0)
		return -errno;
	return other ? 0 : trigger->run(heir);
}

/* Did it end, well, without waiting for anybody? */
#define SWAP() do {							\
	ASSERT_EQ(DF_OK, df_proof_provoke(&self->p, &self->t)) DF_VERDICT(&self->p); \
	ASSERT_EQ(0, __df_task_join(&self->t, df_deadline())) TH_LOG("%s", df_reason()); \
	ASSERT_EQ(0, df_task_returned(&self->t));			\
} while (0)

TEST_F(swap, waits_for_the_page)
{
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) DF_VERDICT(&self->p);
}

TEST_F(swap, late_write_stays_in_the_file)
{
	struct df_file *f = &self->w.file;
	struct df_proof *p = &self->p;
	unsigned char byte = 0;
	uint64_t pfn;
	off_t off;

	ASSERT_EQ(DF_OK, df_proof_hold(p)) DF_VERDICT(p);
	pfn = p->held[0].pfn;
	ASSERT_EQ(DF_OK, df_proof_provoke(p, &self->t)) DF_VERDICT(p);
	if (df_proof_blocked(p, &self->t) == DF_EARLY) {
		ASSERT_EQ(0, inherit(&self->heir, f, variant->trigger));
		ASSERT_EQ(1, __df_file_finds_pfn(f->fs, self->heir.fd, pfn, &off))
			TH_LOG("%s", df_reason());
		ASSERT_EQ(0, __df_write_late(p->hold.dev, p->hold.handle, SCRIBBLE));
		ASSERT_EQ(1, pread(self->heir.fd, &byte, 1, off));
		EXPECT_NE(SCRIBBLE, byte) {
			TH_LOG("verdict: stray_write");
			TH_LOG("a write into the held page of one file changed another");
		}
	}
	df_proof_end(p, &self->t);
}

/* Nobody holds anything: a mapping shows blocks of its file, or none. */
TEST_F(swap, mapping_follows_the_file)
{
	struct df_file *f = &self->w.file;
	struct daxwake_page pg;
	off_t off;

	SWAP();
	ASSERT_EQ(0, __df_pages_at(f->dev, f->map, 1, &pg));
	if (pg.flags & DAXWAKE_PAGE_PRESENT)
		EXPECT_EQ(1, __df_file_finds_pfn(f->fs, f->fd, pg.pfn, &off)) {
			TH_LOG("verdict: stray_write");
			TH_LOG("what is mapped of the file belongs to another one");
		}
}

TEST_F(swap, kernel_does_not_mind)
{
	SWAP();
	df_proof_end(&self->p, &self->t);
	EXPECT_EQ(DF_OK, self->p.verdict) DF_VERDICT(&self->p);
}

/* --- a huge page ------------------------------------------------------------------ */

/*
 * Where fsdax folios are large a swap that does not wait splits the folio under
 * its pin, and the counts are wrong for good.
 */
FIXTURE(swap_huge) {
	struct df_world w;
	struct df_proof p;
};

FIXTURE_SETUP(swap_huge)
{
	DF_REQUIRE(set_up(&self->w, &self->p, "xfs", DF_PMD, &df_trigger_swapext));
}

FIXTURE_TEARDOWN(swap_huge)
{
	self->p.trigger->done(&self->w.file);
	DF_WORLD_DONE(&self->w);
}

TEST_F(swap_huge, waits_for_the_page)
{
	struct daxwake_info info;

	ASSERT_EQ(0, __df_info(self->w.dev, &info));
	EXPECT_EQ(DF_OK, __df_prove(&self->p)) {
		DF_VERDICT(&self->p);
		if (info.out_features & DAXWAKE_FEAT_LARGE_FSDAX)
			df_session_spoil("a folio was split under its pin");
	}
}

DF_HARNESS_MAIN
