// SPDX-License-Identifier: GPL-2.0-only
/*
 * While a layout change waits for a held page, others go on with the file as
 * far as the kernel promises:
 *
 *	fault in another page	at once, since the holder may need it to finish
 *	read(2), write(2)	after the change, and they see what it made of the file
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "harness.h"

struct bystander {
	struct df_file *file;
	off_t at;
	size_t len;
};

FIXTURE(bystander) {
	struct df_world w;
	struct df_proof p;
	struct df_task changer, other;
	struct bystander b;
};

FIXTURE_VARIANT(bystander) {
	const char *fstype;
	size_t fault;
};

DF_VARIANT_ADD_EACH_FSDAX(bystander);

FIXTURE_SETUP(bystander)
{
	struct df_proof *p = &self->p;

	DF_REQUIRE(df_world_init(&self->w, variant->fstype, 2 * variant->fault,
				 variant->fault));
	self->b = (struct bystander) {
		.file = &self->w.file,
		.at = variant->fault,
		.len = variant->fault,
	};
	self->p = df_proof_of_pin(&self->w.file);
	ASSERT_EQ(DF_OK, df_proof_until_blocked(p, &self->changer)) DF_VERDICT(p);
}

FIXTURE_TEARDOWN(bystander)
{
	df_proof_end(&self->p, &self->changer);
	if (self->other.pid > 0)
		EXPECT_EQ(0, __df_task_kill(&self->other)) TH_LOG("verdict: unkillable");
	DF_WORLD_DONE(&self->w);
}

/* Unmapped at once: where mappings count, one that stays is waited for, too. */
static int fault_in(void *arg)
{
	struct bystander *b = arg;
	int fd = open(b->file->path, O_RDWR | O_CLOEXEC);
	volatile char *map;

	if (fd < 0)
		return -errno;
	map = mmap(NULL, b->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, b->at);
	if (map == MAP_FAILED)
		return -errno;
	*map = *map;
	munmap((void *)map, b->len);
	close(fd);
	return 0;
}

TEST_F(bystander, faults_in_another_page)
{
	struct df_proof *p = &self->p;

	ASSERT_EQ(0, df_task_start(&self->other, "fault", fault_in, &self->b, NULL));
	ASSERT_EQ(0, __df_task_join(&self->other, df_deadline())) {
		TH_LOG("verdict: hang");
		TH_LOG("slept: %s", self->other.slept);
		TH_LOG("a fault waits for the layout change, which waits for the holder");
	}
	EXPECT_EQ(0, df_task_returned(&self->other)) TH_LOG("verdict: wrong_errno");
	EXPECT_FALSE(df_task_done(&self->changer)) TH_LOG("verdict: early");
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);
	ASSERT_EQ(DF_OK, df_proof_woken(p, &self->changer)) DF_VERDICT(p);
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);
}

/* For the lock of the inode, which the layout change holds: not interruptible. */
static bool sleeps_in_it(void *arg)
{
	struct df_task *t = arg;

	__df_task_slept(t);
	return (__df_task_state(t) == 'D' && strstr(t->slept, t->name)) || df_task_done(t);
}

#define EXPECT_AFTER_THE_CHANGE(name, fn) do {				\
	struct df_proof *p = &self->p;					\
	struct df_task *t = &self->other;				\
	ASSERT_EQ(0, df_task_start(t, name, fn, self->w.file.path, NULL)); \
	EXPECT_TRUE(df_poll(sleeps_in_it, t, df_deadline())) {	\
		TH_LOG("verdict: hang");				\
		TH_LOG("slept: %s", t->slept);				\
	}								\
	EXPECT_FALSE(df_task_done(t))					\
		TH_LOG("%s did not wait for the layout change", name);	\
	ASSERT_EQ(DF_OK, df_proof_release(p)) DF_VERDICT(p);		\
	ASSERT_EQ(DF_OK, df_proof_woken(p, &self->changer)) DF_VERDICT(p); \
	EXPECT_EQ(DF_OK, df_proof_idle(p)) DF_VERDICT(p);		\
	EXPECT_EQ(0, __df_task_join(t, df_deadline())) {		\
		TH_LOG("verdict: hang");				\
		TH_LOG("slept: %s", t->slept);				\
	}								\
} while (0)

/* The file is empty by then: anything read was read from blocks it has lost. */
static int read_one(void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte;
	int ret;

	if (fd < 0)
		return -errno;
	ret = read(fd, &byte, 1);
	if (ret < 0)
		ret = -errno;
	close(fd);
	return ret;
}

TEST_F(bystander, reads_after_the_change)
{
	EXPECT_AFTER_THE_CHANGE("read", read_one);
	EXPECT_EQ(0, df_task_returned(&self->other)) {
		TH_LOG("verdict: wrong_data");
		TH_LOG("read gives data, or an error, of a file that was truncated");
	}
}

static int write_one(void *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, "x", 1) != 1)
		ret = -errno;
	close(fd);
	return ret;
}

TEST_F(bystander, writes_after_the_change)
{
	struct stat st;

	EXPECT_AFTER_THE_CHANGE("write", write_one);
	EXPECT_EQ(0, df_task_returned(&self->other)) TH_LOG("verdict: wrong_errno");
	ASSERT_EQ(0, fstat(self->w.file.fd, &st));
	EXPECT_EQ(1, st.st_size) {
		TH_LOG("verdict: wrong_data");
		TH_LOG("what was written is gone, or more is there than that");
	}
}

DF_HARNESS_MAIN
