// SPDX-License-Identifier: GPL-2.0-only
/*
 * A load (fixtures/fio.c) notices what happens to its data and says so in
 * fio's words, what happens to it is noticed, and it does not outlive its test.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "meta.h"

FIXTURE(fio) {
	struct df_world w;
	struct df_fio fio;
	char path[PATH_MAX + 8];
};

FIXTURE_SETUP(fio)
{
	self->fio.said = -1;
	self->fio.ends[1] = -1;
	DF_REQUIRE(df_world_init(&self->w, "ext4", DF_LEN(DF_PTE), DF_PTE));
	snprintf(self->path, sizeof(self->path), "%s/load", self->w.fs.dir);
}

FIXTURE_TEARDOWN(fio)
{
	EXPECT_EQ(0, df_fio_done(&self->fio));
	DF_WORLD_DONE(&self->w);
}

TEST_F(fio, verifies_what_it_wrote)
{
	DO(df_fio_init(&self->fio, "libaio", self->path));
	DO(__df_fio_moves(&self->fio));
	DO(__df_fio_stop(&self->fio));
	EXPECT_EQ(DF_FIO_BLOCKS * DF_PTE / 1024, self->fio.checked_kb);
}

/* Until it is between a write and its verification. */
TEST_F(fio, reports_a_changed_block_in_its_words)
{
	int fd, ret = 0;

	DO(df_fio_init(&self->fio, "libaio", self->path));
	fd = open(self->path, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	while (!ret) {
		ASSERT_EQ(5, pwrite(fd, "stray", 5, DF_PTE + 1000));
		ret = __df_fio_moves(&self->fio);
	}
	close(fd);
	EXPECT_EQ(-EIO, ret);
	EXPECT_SAYS(df_reason(), "verify failed at file");
	EXPECT_SAYS(df_reason(), "offset 4096");
	EXPECT_GT(0, __df_fio_stop(&self->fio));
}

TEST_F(fio, that_was_killed_has_not_verified)
{
	DO(df_fio_init(&self->fio, "mmap", self->path));
	kill(self->fio.task.pid, SIGKILL);
	EXPECT_EQ(-EIO, __df_fio_stop(&self->fio));
	EXPECT_SAYS(df_reason(), "fio mmap ");
}

TEST_F(fio, without_the_engine_is_a_skip)
{
	char job[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", job, sizeof(job) - 16);

	META_IN_VM();
	ASSERT_LT(0, n);
	job[n] = '\0';
	strcpy(strrchr(job, '/'), "/none.fio");
	ASSERT_EQ(0, unlink(job) && errno != ENOENT);
	close(open(job, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	ASSERT_EQ(0, meta_write(job, "[load]\nioengine=none-such\n"));
	EXPECT_EQ(1, df_fio_init(&self->fio, "none", self->path));
	EXPECT_SAYS(df_reason(), "none-such not loadable");
	unlink(job);
}

static bool gone(void *pid)
{
	char state = meta_state(*(pid_t *)pid);

	return !state || strchr("ZX", state);
}

struct doomed {
	char *path;
	pid_t *fio;
};

static int load_and_wait(void *arg)
{
	struct doomed *d = arg;
	struct df_fio f;
	int ret = df_fio_init(&f, "mmap", d->path);

	if (!ret)
		__atomic_store_n(d->fio, f.task.pid, __ATOMIC_RELEASE);
	return ret ? ret : meta_keep(&ret);
}

static bool started(void *pid)
{
	return __atomic_load_n((pid_t *)pid, __ATOMIC_ACQUIRE);
}

TEST_F(fio, ends_with_its_test)
{
	struct doomed d = { .path = self->path };
	struct df_task t;

	d.fio = mmap(NULL, DF_PTE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, d.fio);
	DO(df_task_start(&t, "doomed", load_and_wait, &d, NULL));
	ASSERT_TRUE(df_poll(started, d.fio, 2 * df_deadline()));
	EXPECT_FALSE(gone(d.fio));
	DO(__df_task_kill(&t));
	EXPECT_TRUE(df_poll(gone, d.fio, df_deadline()));
	unlink(self->path);
}

/* --- the detectors, on a busy device ------------------------------------------ */

TEST_F(fio, swallowed_wake_beside_it_is_a_lost_wakeup)
{
	struct df_proof p = df_proof_of_pin(&self->w.file);

	DO(df_fio_init(&self->fio, "libaio", self->path));
	DO(__df_arm(self->w.dev, DAXWAKE_INJECT_SWALLOW_WAKE, self->w.file.pfn, 1000));
	EXPECT_EQ(DF_LOST_WAKEUP, __df_prove(&p)) DF_VERDICT(&p);
	EXPECT_LT(0, __df_disarm(self->w.dev, DAXWAKE_INJECT_SWALLOW_WAKE));
	DO(__df_fio_stop(&self->fio));
}

DF_HARNESS_MAIN
