// SPDX-License-Identifier: GPL-2.0-only
/*
 * A test program that is interrupted takes its tests along. Whatever sleeps in
 * the kernel beyond SIGKILL it names instead; in any case it ends, and by the
 * signal.
 *
 *	variant		who sleeps on a request that is held	named
 *	asleep		nobody					-
 *	stuck_test	the test				it
 *	stuck_task	a task of the test			it
 *	stuck_on_us	the test, and the program lets go	-
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "meta.h"

enum who { NOBODY, THE_TEST, ITS_TASK };

/* What the program gets, and what it tells. */
struct program {
	enum who who;
	bool own;	/* the requests are held by the program itself */
	int fd;		/* of the file behind the slow device */
	int out;	/* its stderr */
	pid_t sleeper;
};

/* The program, and how it ended. */
struct started {
	struct df_task task;
	int status;
};

FIXTURE(interrupted) {
	struct df_slow slow;
	struct started started;
	struct program *program;
	int pipe[2];
	char said[1024];
};

FIXTURE_VARIANT(interrupted) {
	enum who who;
	bool own;
	int sig;
	const char *says;	/* NULL: nothing */
};

FIXTURE_VARIANT_ADD(interrupted, asleep) {
	.who = NOBODY, .sig = SIGHUP,
};

FIXTURE_VARIANT_ADD(interrupted, stuck_test) {
	.who = THE_TEST, .sig = SIGTERM, .says = "left behind: test (pid ",
};

FIXTURE_VARIANT_ADD(interrupted, stuck_task) {
	.who = ITS_TASK, .sig = SIGINT, .says = "left behind: task (pid ",
};

FIXTURE_VARIANT_ADD(interrupted, stuck_on_us) {
	.who = THE_TEST, .own = true, .sig = SIGTERM,
};

/* Read what is held, or only sleep. */
static int sleeper(void *arg)
{
	struct program *p = arg;
	void *buf;

	p->sleeper = getpid();
	if (p->who == NOBODY)
		return pause();
	if (posix_memalign(&buf, DF_PTE, DF_PTE))
		return -ENOMEM;
	return pread(p->fd, buf, DF_PTE, 0) == DF_PTE ? 0 : -EIO;
}

/* As the harness starts one. */
static int test(void *arg)
{
	struct program *p = arg;
	int keep[] = { p->fd, -1 };
	struct df_task task;

	setpgrp();
	if (p->who != ITS_TASK)
		return sleeper(p);
	if (df_task_start(&task, "task", sleeper, p, keep))
		return -EIO;
	return pause();
}

static int program(void *arg)
{
	struct program *p = arg;
	struct df_task task;
	struct df_slow slow;
	int keep[2] = { -1, -1 };
	int ret;

	dup2(p->out, STDERR_FILENO);
	ret = df_session_begin();
	if (!ret && p->own) {
		ret = df_slow_init(&slow);
		p->fd = slow.fd;
		if (!ret)
			ret = __df_slow_hold(&slow);
	}
	keep[0] = p->fd;
	if (!ret)
		ret = df_task_start(&task, "test", test, p, keep);
	return ret ? ret : waitpid(task.pid, NULL, 0);
}

static bool asleep(void *arg)
{
	struct program *p = arg;
	struct df_task t = { .pid = p->sleeper };

	if (!t.pid)
		return false;
	__df_task_slept(&t);
	return p->who == NOBODY ? meta_state(t.pid) == 'S' :
		meta_state(t.pid) == 'D' && strstr(t.slept, "dio");
}

static bool ended(void *arg)
{
	struct started *s = arg;

	if (waitpid(s->task.pid, &s->status, WNOHANG) != s->task.pid)
		return false;
	s->task.pid = 0;
	return true;
}

static bool sleeper_gone(void *arg)
{
	struct program *p = arg;

	return !p->sleeper || !meta_state(p->sleeper) || meta_state(p->sleeper) == 'Z';
}

FIXTURE_SETUP(interrupted)
{
	int keep[] = { -1, -1, -1 };
	ssize_t n;

	/* the program shall not wait long; for the program we may */
	setenv("DAXWAKE_TIME_FACTOR", "0.1", 1);
	self->program = mmap(NULL, sizeof(*self->program), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->program);
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC | O_NONBLOCK));
	DF_REQUIRE(df_slow_init(&self->slow));
	ASSERT_EQ(0, __df_slow_hold(&self->slow)) TH_LOG("%s", df_reason());
	*self->program = (struct program) {
		.who = variant->who, .own = variant->own,
		.fd = self->slow.fd, .out = self->pipe[1],
	};
	keep[0] = self->slow.fd;
	keep[1] = self->pipe[1];
	DO(df_task_start(&self->started.task, "program", program, self->program, keep));
	ASSERT_TRUE(df_poll(asleep, self->program, 10 * df_deadline()));
	ASSERT_EQ(0, kill(self->started.task.pid, variant->sig));
	ASSERT_TRUE(df_poll(ended, &self->started, 10 * df_deadline())) {
		__df_task_slept(&self->started.task);
		TH_LOG("it is still there, and sleeps in %s", self->started.task.slept);
	}
	n = read(self->pipe[0], self->said, sizeof(self->said) - 1);
	self->said[n > 0 ? n : 0] = '\0';
}

FIXTURE_TEARDOWN(interrupted)
{
	df_slow_done(&self->slow);
	if (self->started.task.pid)
		__df_task_kill(&self->started.task);
	EXPECT_TRUE(df_poll(sleeper_gone, self->program, 10 * df_deadline()));
}

TEST_F(interrupted, ends_by_the_signal)
{
	EXPECT_TRUE(WIFSIGNALED(self->started.status))
		TH_LOG("wait status %#x", self->started.status);
	EXPECT_EQ(variant->sig, WTERMSIG(self->started.status));
}

TEST_F(interrupted, says_what_is_left)
{
	if (!variant->says) {
		EXPECT_STREQ("", self->said);
		return;
	}
	EXPECT_SAYS(self->said, "# daxwake: restart: ");
	EXPECT_SAYS(self->said, variant->says);
	EXPECT_SAYS(self->said, "stuck beyond SIGKILL in ");
	EXPECT_SAYS(self->said, "dio");
	EXPECT_EQ(self->said + strlen(self->said) - 1, strchr(self->said, '\n'));
}

TEST_F(interrupted, leaves_nobody_who_can_be_killed)
{
	bool gone = !self->program->sleeper || sleeper_gone(self->program);

	EXPECT_EQ(!variant->says, gone);
}

DF_HARNESS_MAIN
