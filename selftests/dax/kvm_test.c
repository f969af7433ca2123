// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest has the pages of a file as its memory without holding them: it has to
 * look anew when they are taken from the file. So nothing waits for it, and what
 * it writes afterwards is not where it was.
 *
 *	guest writes  -->  truncate, punch: done  -->  guest writes: not there any more
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness.h"

#define FIRST 0x61
#define SECOND 0x62

FIXTURE(kvm) {
	struct df_world w;
	struct df_kvm guest;
	struct df_task t;
};

FIXTURE_VARIANT(kvm) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(kvm);

FIXTURE_SETUP(kvm)
{
	struct df_file *f = &self->w.file;

	self->guest = (struct df_kvm) { .kvm = -1, .vm = -1, .vcpu = -1 };
	DF_REQUIRE(df_kvm_init(&self->guest));
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_LEN(variant->fault),
				 variant->fault));
	ASSERT_EQ(0, __df_kvm_memory(&self->guest, f->map, f->len)) TH_LOG("%s", df_reason());
	/* the premise: that is where it writes */
	ASSERT_EQ(0, __df_kvm_write(&self->guest, 0, FIRST)) {
		TH_LOG("verdict: premise");
		TH_LOG("%s", df_reason());
	}
	ASSERT_EQ(FIRST, *(volatile char *)f->map) TH_LOG("verdict: premise");
}

FIXTURE_TEARDOWN(kvm)
{
	if (self->t.pid > 0)
		EXPECT_EQ(0, __df_task_kill(&self->t)) TH_LOG("verdict: unkillable");
	df_kvm_done(&self->guest);
	DF_WORLD_DONE(&self->w);
}

#define ASSERT_DONE(trigger) do {					\
	struct df_task *t = &self->t;					\
	ASSERT_EQ(0, df_task_start(t, (trigger).name, (trigger).run, &self->w.file, NULL)); \
	ASSERT_EQ(0, __df_task_join(t, df_deadline())) {		\
		TH_LOG("verdict: overwait");				\
		TH_LOG("slept: %s", t->slept);				\
		TH_LOG("%s waits, and nobody but a guest has the pages", t->name); \
	}								\
	ASSERT_EQ(0, df_task_returned(t)) TH_LOG("verdict: wrong_errno"); \
} while (0)

/* What is on the device where the file had its first page. */
static int byte_at(const struct df_file *f)
{
	int fd = open(f->fs->dev, O_RDONLY | O_DIRECT | O_CLOEXEC);
	int byte = -1;
	void *page;

	if (fd < 0)
		return -1;
	if (!posix_memalign(&page, DF_PTE, DF_PTE)) {
		if (pread(fd, page, DF_PTE, f->pfn * DF_PTE - f->fs->phys) == DF_PTE)
			byte = *(unsigned char *)page;
		free(page);
	}
	close(fd);
	return byte;
}

TEST_F(kvm, write_after_truncate_goes_nowhere)
{
	int seen;

	ASSERT_EQ(FIRST, byte_at(&self->w.file)) TH_LOG("verdict: premise");
	ASSERT_DONE(df_trigger_truncate);
	EXPECT_EQ(-EFAULT, __df_kvm_write(&self->guest, 0, SECOND)) {
		TH_LOG("verdict: wrong_errno");
		TH_LOG("%s", df_reason());
	}
	seen = byte_at(&self->w.file);
	EXPECT_NE(SECOND, seen) {
		TH_LOG("verdict: stray_write");
		TH_LOG("the guest wrote into a block that was taken from its file");
	}
	EXPECT_LE(0, seen) TH_LOG("verdict: premise");
}

TEST_F(kvm, write_after_punch_is_in_the_file)
{
	struct df_file *f = &self->w.file;
	unsigned char seen;

	ASSERT_DONE(df_trigger_punch);
	ASSERT_EQ(1, pread(f->fd, &seen, 1, 0));
	EXPECT_EQ(0, seen) TH_LOG("verdict: wrong_data");
	ASSERT_EQ(0, __df_kvm_write(&self->guest, 0, SECOND)) TH_LOG("%s", df_reason());
	ASSERT_EQ(1, pread(f->fd, &seen, 1, 0));
	EXPECT_EQ(SECOND, seen) {
		TH_LOG("verdict: stray_write");
		TH_LOG("the guest wrote to somewhere else than its file");
	}
}

DF_HARNESS_MAIN
