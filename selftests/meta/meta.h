/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * These tests break the kernel they run on. That is for a VM of tools/vm only,
 * which leaves its plan where no other machine has one.
 */
#ifndef META_H
#define META_H

#include <fcntl.h>
#include <unistd.h>

#include "daxfix.h"
#include "harness.h"		/* last: brings kselftest_harness.h */

#define META_IN_VM() do {						\
	if (access("/daxwake/plan", F_OK))				\
		SKIP(return, "breaks the kernel on purpose, so only in the VM of tools/vm"); \
} while (0)

/* Each program has one of these on either side of what it is about. */
#define META_FINE(name)							\
	FIXTURE(name) {							\
		pid_t pid;						\
	};								\
	FIXTURE_SETUP(name)						\
	{								\
		self->pid = getpid();					\
	}								\
	FIXTURE_TEARDOWN(name)						\
	{								\
	}								\
	TEST_F(name, is_fine)						\
	{								\
		EXPECT_EQ(self->pid, getpid());				\
	}

/* What needs no setup of its own, in the order of the file. */
#define META_TEST(fixture, name)					\
	FIXTURE(fixture) {						\
		bool in_vm;						\
	};								\
	FIXTURE_SETUP(fixture)						\
	{								\
		self->in_vm = !access("/daxwake/plan", F_OK);		\
	}								\
	FIXTURE_TEARDOWN(fixture)					\
	{								\
	}								\
	TEST_F(fixture, name)

/* In a unit test of the fixtures: a step that is to work, and what a reason says. */
#define DO(expr) ASSERT_EQ(0, expr) TH_LOG("%s: %s", #expr, df_reason())
#define EXPECT_SAYS(text, part)						\
	EXPECT_NE(NULL, strstr(text, part)) TH_LOG("no \"%s\" in: %s", part, text)

/* The body of a task that only has something open. */
static inline int meta_keep(void *arg)
{
	pause();
	return *(int *)arg;
}

/* 0 or -1 with errno, as write(2) */
static inline int meta_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

/* The state of a process as /proc/PID/stat says it; 0: there is none. */
static inline char meta_state(pid_t pid)
{
	char path[64], stat[512], *name = NULL;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, stat, sizeof(stat) - 1);
	if (n > 0) {
		stat[n] = '\0';
		name = strrchr(stat, ')');
	}
	if (fd >= 0)
		close(fd);
	return name ? name[2] : 0;
}

#endif /* META_H */
