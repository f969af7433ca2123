// SPDX-License-Identifier: GPL-2.0-only
/*
 * What copies from or into a DAX mapping, or only looks at it, holds the page
 * for no longer than its call: afterwards the counts are what they were, and a
 * layout change does not wait. One that comes meanwhile waits, and is woken.
 *
 *	splice		of the file into a pipe, which is not read: a copy
 *	proc_mem	/proc/self/mem, read and written
 *	ptrace		PTRACE_PEEKDATA and PTRACE_POKEDATA of another process
 *	futex		a shared futex in the page
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "harness.h"

FIXTURE(passing) {
	struct df_world w;
	struct daxwake_page before;
	int pipe[2];
};

FIXTURE_VARIANT(passing) {
	const char *fstype;
	size_t fault;
	int (*pass)(struct df_file *f, int pipe[2]);
};

static int splice_pass(struct df_file *f, int pipe[2])
{
	loff_t at = 0;
	ssize_t n = splice(f->fd, &at, pipe[1], NULL, DF_PTE, 0);

	return n == DF_PTE ? 0 : df_broke(n < 0 ? errno : EIO, "splice: %zd bytes", n);
}

static int proc_mem_pass(struct df_file *f, int pipe[2])
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char word[8];
	int ret = 0;

	(void)pipe;
	if (fd < 0 || pread(fd, word, sizeof(word), (uintptr_t)f->map) != sizeof(word) ||
	    pwrite(fd, word, sizeof(word), (uintptr_t)f->map) != sizeof(word))
		ret = df_broke(errno, "/proc/self/mem: %s", strerror(errno));
	else if (memcmp(word, f->map, sizeof(word)))
		ret = df_broke(EIO, "/proc/self/mem: other bytes than in memory");
	if (fd >= 0)
		close(fd);
	return ret;
}

/* --- ptrace: somebody else has it mapped ------------------------------------- */

struct tracee {
	struct df_file *file;
	char *map;	/* shared: where it has the file, or -1 */
};

static int tracee_maps(void *arg)
{
	struct tracee *t = arg;
	int fd = open(t->file->path, O_RDWR | O_CLOEXEC);
	char *map = mmap(NULL, t->file->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	__atomic_store_n(&t->map, map, __ATOMIC_RELEASE);
	while (map != MAP_FAILED)
		pause();
	return -EIO;
}

static bool tracee_mapped(void *arg)
{
	struct tracee *t = arg;

	return __atomic_load_n(&t->map, __ATOMIC_ACQUIRE);
}

static bool tracee_stopped(void *task)
{
	int status;

	return waitpid(((struct df_task *)task)->pid, &status, WNOHANG | __WALL) > 0 &&
	       WIFSTOPPED(status);
}

static int peek_and_poke(struct df_task *task, struct tracee *t)
{
	long word;

	if (!df_poll(tracee_mapped, t, df_deadline()) || t->map == MAP_FAILED)
		return df_broke(EIO, "the traced process has no mapping");
	if (ptrace(PTRACE_SEIZE, task->pid, 0, 0) || ptrace(PTRACE_INTERRUPT, task->pid, 0, 0))
		return df_broke(errno, "ptrace: %s", strerror(errno));
	if (!df_poll(tracee_stopped, task, df_deadline()))
		return df_broke(ETIMEDOUT, "the traced process does not stop");
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, task->pid, t->map, 0);
	if (errno || ptrace(PTRACE_POKEDATA, task->pid, t->map, word))
		return df_broke(errno, "PTRACE_PEEKDATA or PTRACE_POKEDATA: %s", strerror(errno));
	if (memcmp(&word, t->file->map, sizeof(word)))
		return df_broke(EIO, "PTRACE_PEEKDATA: other bytes than in memory");
	return 0;
}

static int ptrace_pass(struct df_file *f, int pipe[2])
{
	struct tracee *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct df_task task;
	int ret, killed;

	(void)pipe;
	if (t == MAP_FAILED)
		return df_broke(errno, "no memory: %s", strerror(errno));
	t->file = f;
	ret = df_task_start(&task, "tracee", tracee_maps, t, NULL);
	if (!ret) {
		ret = peek_and_poke(&task, t);
		killed = __df_task_kill(&task);
		ret = ret ?: killed;
	}
	munmap(t, sizeof(*t));
	return ret;
}

static int futex_pass(struct df_file *f, int pipe[2])
{
	uint32_t *word = (uint32_t *)f->map;

	(void)pipe;
	if (syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0))
		return df_broke(errno, "FUTEX_WAKE: %s", strerror(errno));
	if (syscall(SYS_futex, word, FUTEX_WAIT, *word + 1, NULL, NULL, 0) != -1 ||
	    errno != EAGAIN)
		return df_broke(errno, "FUTEX_WAIT for another value: %s", strerror(errno));
	return 0;
}

/* --- the claims ----------------------------------------------------------------- */

#define ADD(fs, size, bytes, how)					\
	FIXTURE_VARIANT_ADD(passing, fs##_##size##_##how) {		\
		.fstype = #fs, .fault = bytes, .pass = how##_pass }

/* file system by file system: making one costs more than a test */
#define EACH_PASS(fs, size, bytes)					\
	ADD(fs, size, bytes, splice);					\
	ADD(fs, size, bytes, proc_mem);					\
	ADD(fs, size, bytes, ptrace);					\
	ADD(fs, size, bytes, futex)

DF_EACH_FSDAX(EACH_PASS);

FIXTURE_SETUP(passing)
{
	self->pipe[0] = -1;
	self->pipe[1] = -1;
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_LEN(variant->fault),
				 variant->fault));
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
	ASSERT_EQ(0, __df_pages_at(self->w.dev, self->w.file.map, 1, &self->before));
}

FIXTURE_TEARDOWN(passing)
{
	close(self->pipe[0]);
	close(self->pipe[1]);
	DF_WORLD_DONE(&self->w);
}

struct counts {
	int dev;
	const struct daxwake_page *before;
	struct daxwake_page now;
};

static bool as_before(void *arg)
{
	struct counts *c = arg;

	return !__df_pages_pfn(c->dev, c->before->pfn, 1, &c->now) &&
	       c->now.refcount == c->before->refcount && c->now.pins == c->before->pins &&
	       c->now.refs == c->before->refs;
}

TEST_F(passing, gives_the_count_back)
{
	struct counts c = { .dev = self->w.dev, .before = &self->before };

	ASSERT_EQ(0, variant->pass(&self->w.file, self->pipe)) {
		TH_LOG("verdict: premise");
		TH_LOG("%s", df_reason());
	}
	EXPECT_TRUE(df_poll(as_before, &c, df_settle())) {
		TH_LOG("verdict: leaked_ref");
		TH_LOG("refcount %d instead of %d, pins %d, other references %d",
		       c.now.refcount, self->before.refcount, c.now.pins, c.now.refs);
	}
}

TEST_F(passing, truncate_does_not_wait)
{
	struct df_task t;

	ASSERT_EQ(0, variant->pass(&self->w.file, self->pipe)) {
		TH_LOG("verdict: premise");
		TH_LOG("%s", df_reason());
	}
	ASSERT_EQ(0, df_task_start(&t, "truncate", df_trigger_truncate.run, &self->w.file, NULL));
	ASSERT_EQ(0, __df_task_join(&t, df_deadline())) {
		TH_LOG("verdict: overwait");
		TH_LOG("slept: %s", t.slept);
		__df_task_kill(&t);
	}
	EXPECT_EQ(0, df_task_returned(&t)) TH_LOG("verdict: wrong_errno");
}

/* --- in the middle of the call ---------------------------------------------------- */

/* The driver stops it when the kernel has the page, and has not looked at it yet. */
FIXTURE(caught) {
	struct df_world w;
	struct df_source source;
	struct df_proof p;
	struct passer {
		int (*pass)(struct df_file *f, int pipe[2]);
		enum daxwake_where where;
		struct df_file *file;
		struct df_task task;
	} passer;
};

FIXTURE_VARIANT(caught) {
	const char *fstype;
	size_t fault;
	int (*pass)(struct df_file *f, int pipe[2]);
	enum daxwake_where where;
};

#define CATCH(fs, size, bytes, how, at)					\
	FIXTURE_VARIANT_ADD(caught, fs##_##size##_##how) {		\
		.fstype = #fs, .fault = bytes, .pass = how##_pass,	\
		.where = DAXWAKE_AT_GET_USER_PAGES_##at }

#define EACH_CATCH(fs, size, bytes)					\
	CATCH(fs, size, bytes, proc_mem, REMOTE);			\
	CATCH(fs, size, bytes, ptrace, REMOTE);				\
	CATCH(fs, size, bytes, futex, FAST)

DF_EACH_FSDAX(EACH_CATCH);

/* In a task of its own, with a mapping of its own. */
static int passes(void *arg)
{
	struct passer *p = arg;
	struct df_file f = *p->file;

	f.fd = open(f.path, O_RDWR | O_CLOEXEC);
	f.map = mmap(NULL, f.len, PROT_READ | PROT_WRITE, MAP_SHARED, f.fd, 0);
	return f.map == MAP_FAILED ? -errno : p->pass(&f, NULL);
}

static int catch_it(struct df_hold *h, char *addr, size_t len)
{
	struct passer *p = h->priv;

	(void)addr;
	(void)len;
	return __df_stall(h->dev, p->where, h->file->pfn, 1) ?:
	       df_task_start(&p->task, "passer", passes, p, NULL) ?:
	       __df_wait_stalled(h->dev, 1);
}

static int let_it_go(struct df_hold *h)
{
	return __df_disarm(h->dev, DAXWAKE_INJECT_STALL) == 1 ? 0 :
	       df_broke(ENOENT, "nobody was stopped");
}

static void get_rid_of_it(struct df_hold *h)
{
	struct passer *p = h->priv;

	__df_disarm(h->dev, DAXWAKE_INJECT_STALL);
	__df_task_kill(&p->task);
}

FIXTURE_SETUP(caught)
{
	DF_REQUIRE(df_dev_stalls_at(variant->where));
	DF_REQUIRE(df_world_init(&self->w, variant->fstype, DF_LEN(variant->fault),
				 variant->fault));
	self->source = (struct df_source) {
		.name = "passer", .hold = catch_it, .release = let_it_go, .drop = get_rid_of_it,
	};
	self->passer = (struct passer) {
		.pass = variant->pass, .where = variant->where, .file = &self->w.file,
	};
	self->p = df_proof_of_pin(&self->w.file);
	self->p.hold.src = &self->source;
	self->p.hold.priv = &self->passer;
}

FIXTURE_TEARDOWN(caught)
{
	DF_WORLD_DONE(&self->w);
}

TEST_F(caught, wakes_truncate)
{
	struct df_proof *p = &self->p;

	EXPECT_EQ(DF_OK, __df_prove(p)) {
		DF_VERDICT(p);
		DF_HINT_WAKE(p, DAXWAKE_FOLIO_PUT);
	}
}

DF_HARNESS_MAIN
