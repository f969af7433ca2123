// SPDX-License-Identifier: GPL-2.0-only
/*
 * A block that two files have, by a clone, and both have mapped. Whoever holds
 * its page is waited for by a change of the one file; that the other still has
 * it mapped is nobody's concern:
 *
 *	A: mapped, held, changed	waits  -->  release  -->  done
 *	B: mapped all the time
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "harness.h"

#define SPINS_MS 500	/* what reading one byte never takes of a CPU */

FIXTURE(shared) {
	struct df_world w;
	struct df_proof p;
	struct df_task t;
	struct df_file *b;
};

FIXTURE_VARIANT(shared) {
	size_t fault;
};

FIXTURE_VARIANT_ADD(shared, xfs_pte) { .fault = DF_PTE };
FIXTURE_VARIANT_ADD(shared, xfs_pmd) { .fault = DF_PMD };

/* Reading only: what is written gets a block of its own. */
static int read_in(const struct df_file *f)
{
	volatile const char *p = f->map;
	char sum = 0;

	for (size_t off = 0; off < f->len; off += f->fault)
		sum |= p[off];
	return sum;
}

FIXTURE_SETUP(shared)
{
	struct df_file *a = &self->w.file, *b;
	unsigned int level = variant->fault == DF_PMD ? DAXWAKE_LEVEL_PMD : DAXWAKE_LEVEL_PTE;
	struct daxwake_page of_a, of_b;

	DF_REQUIRE(df_world_init(&self->w, "xfs", DF_LEN(variant->fault), variant->fault));
	DF_REQUIRE(df_trigger_clone_from.init(a));
	b = a->other;
	b->fault = a->fault;
	b->len = a->len;
	ASSERT_EQ(0, ioctl(b->fd, FICLONE, a->fd));
	ASSERT_EQ(0, __df_file_map(b, 0, b->len, MAP_SHARED, &b->map)) TH_LOG("%s", df_reason());
	self->b = b;
	read_in(a);
	read_in(b);
	/* the premises: one page, in both mappings, as large as it is to be */
	ASSERT_EQ(0, __df_pages_at(self->w.dev, a->map, 1, &of_a));
	ASSERT_EQ(0, __df_pages_at(self->w.dev, b->map, 1, &of_b));
	ASSERT_NE(0, of_a.pfn) TH_LOG("verdict: premise");
	ASSERT_EQ(of_a.pfn, of_b.pfn) TH_LOG("verdict: premise");
	ASSERT_EQ(level, of_a.level) TH_LOG("verdict: premise");
	ASSERT_EQ(level, of_b.level) TH_LOG("verdict: premise");
	self->p = df_proof_of_pin(a);
	self->p.hold.pin_flags = DAXWAKE_PIN_GET;
	self->p.hold.how = DAXWAKE_PUT_PAGE;
}

FIXTURE_TEARDOWN(shared)
{
	/* on a kernel that fails what waits for B's mapping may not be killed */
	if (self->b)
		__df_file_unmap(self->b);
	df_proof_end(&self->p, &self->t);
	df_trigger_clone_from.done(&self->w.file);
	DF_WORLD_DONE(&self->w);
}

TEST_F(shared, truncate_waits_and_is_woken)
{
	struct df_proof *p = &self->p;

	ASSERT_EQ(DF_OK, df_proof_until_blocked(p, &self->t)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
}

/* At the latest with the last mapping. */
TEST_F(shared, unmapping_the_other_wakes)
{
	struct df_proof *p = &self->p;

	ASSERT_EQ(DF_OK, df_proof_until_blocked(p, &self->t)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	ASSERT_EQ(0, __df_file_unmap(self->b));
	EXPECT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
}

/* The block stays with B, so nothing has to wait; what does ends by the release. */
TEST_F(shared, unlink_is_not_kept_by_the_other)
{
	struct df_proof *p = &self->p;
	bool waits;

	p->trigger = &df_trigger_unlink;
	ASSERT_EQ(DF_OK, df_proof_hold(p)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_provoke(p, &self->t)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_obeys(p, &self->t, DF_MAY_WAIT, &waits)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	if (waits)
		EXPECT_EQ(DF_OK, df_proof_woken(p, &self->t)) DF_VERDICT(p);
}

/* What no file has any more is as it was before one had it: of no file, and small. */
TEST_F(shared, page_of_no_file_is_like_new)
{
	struct df_file *a = &self->w.file, *b = self->b;
	struct daxwake_page page;

	ASSERT_EQ(0, __df_pages_at(self->w.dev, a->map, 1, &page));
	ASSERT_EQ(0, __df_file_unmap(a));
	ASSERT_EQ(0, __df_file_unmap(b));
	ASSERT_EQ(0, ftruncate(a->fd, 0));
	ASSERT_EQ(0, ftruncate(b->fd, 0));
	ASSERT_EQ(0, __df_pages_pfn(self->w.dev, page.pfn, 1, &page));
	EXPECT_FALSE(page.flags & (DAXWAKE_PAGE_MAPPING | DAXWAKE_PAGE_COMPOUND)) {
		TH_LOG("verdict: leaked_ref");
		TH_LOG("pfn 0x%llx of no file: mapping %s, order %u", page.pfn,
		       page.flags & DAXWAKE_PAGE_MAPPING ? "set" : "none", page.order);
	}
	EXPECT_EQ(0, page.pins + page.refs) TH_LOG("verdict: leaked_ref");
}

/* A page with two owners is no page of anonymous memory, whatever marks it. */
static int read_by_pin(void *file)
{
	const struct df_file *f = file;
	int fd = open(f->path, O_RDONLY | O_CLOEXEC);
	char byte, *map = mmap(NULL, f->len, PROT_READ, MAP_SHARED, fd, 0);
	struct iovec to = { .iov_base = &byte, .iov_len = 1 };
	struct iovec from = { .iov_base = map, .iov_len = 1 };

	if (map == MAP_FAILED)
		return -errno;
	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1 ? 0 : -errno;
}

static bool ended_or_spins(void *task)
{
	return df_task_done(task) || __df_task_cpu_ms(task) >= SPINS_MS;
}

TEST_F(shared, pinning_for_reading_ends)
{
	struct df_task *t = &self->t;

	ASSERT_EQ(0, df_task_start(t, "process_vm_readv", read_by_pin, &self->w.file, NULL));
	df_poll(ended_or_spins, t, df_deadline());
	EXPECT_TRUE(df_task_done(t)) {
		TH_LOG("verdict: hang");
		TH_LOG("process_vm_readv of one byte has taken %.0f ms of a CPU",
		       __df_task_cpu_ms(t));
		return;
	}
	EXPECT_EQ(0, df_task_returned(t)) TH_LOG("verdict: wrong_errno");
}

TEST_F(shared, kernel_does_not_mind)
{
	struct df_proof *p = &self->p;

	ASSERT_EQ(0, __df_file_unmap(self->b));
	ASSERT_EQ(DF_OK, df_proof_provoke(p, &self->t)) DF_VERDICT(p);
	ASSERT_EQ(0, __df_task_join(&self->t, df_deadline())) TH_LOG("%s", df_reason());
	df_proof_end(p, &self->t);
	EXPECT_EQ(DF_OK, p->verdict) {
		DF_VERDICT(p);
		if (strstr(p->detail, "dax_insert_entry"))
			DF_HINT("c6f0b395b211",
				"fsdax,xfs: set the shared flag when file extent is shared");
	}
}

DF_HARNESS_MAIN
