// SPDX-License-Identifier: GPL-2.0-only
/*
 * run: a whole run. Plans it, starts a backend (a VM, or this machine), puts
 * what it says into one document, and starts another one for the rest when a
 * kernel died under a test.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

/* One of the kernels that run side by side, one life after another. */
struct kernel {
	struct run *run;
	unsigned int share;	/* of the plan, that it has now */
	bool up;
	struct proc backend;
	int in;			/* takes the next shares */
	int out, err;		/* what it says, -1 when that is at its end */
	bool ended;		/* seen to have */
	int64_t heard;		/* ms, when it last said something */
	struct lines errors;
	struct stream stream;
	int code;		/* exit code of the last backend */
	char *said;		/* its last words on stderr */
	int blank;		/* lives in a row without any result */
	bool guessed;		/* the last result was a guess */
	bool ending;		/* has got its last share */
};

struct run {
	struct plan_opts plan;
	const char *out, *jobs_arg;
	bool restart, list;
	char **backend;
	struct doc doc;
	struct kernel kernels[MOST_JOBS];
	unsigned int n;		/* of kernels */
	unsigned int low, high;	/* shares that nobody has got yet: [low, high) */
	int lives;		/* of all of them */
	int signals;
	int sig;		/* that ended us */
	bool ready;		/* one of them has been */
	bool stop;		/* nothing can be learnt any more */
	bool left;		/* a backend left something behind */
};

/* What is wrong with one is mostly wrong with all, and is said once. */
static void err_line(void *arg, char *line)
{
	struct kernel *k = arg;
	bool known = false;

	for (unsigned int i = 0; i < k->run->n; i++) {
		const struct kernel *other = &k->run->kernels[i];

		known |= other != k && other->said && !strcmp(other->said, line);
	}
	if (!known) {
		doc_quiet(&k->run->doc);
		fprintf(stderr, "%s\n", line);
	}
	free(k->said);
	k->said = xstrdup(line);
}

/*
 * In order, so that it can tidy up; whatever it started is ended for it,
 * because what runs under a test may have left its process group.
 */
static void end_backend(struct kernel *k)
{
	int64_t until = now_ms() + 5000, told;
	struct proc *p = &k->backend;
	pid_t others[MOST_JOBS + 1] = { 0 };
	int left, n = 0;

	for (unsigned int i = 0; i < k->run->n; i++)
		if (&k->run->kernels[i] != k && k->run->kernels[i].backend.pid)
			others[n++] = k->run->kernels[i].backend.pid;
	if (!proc_ended(p))
		kill(p->pid, SIGTERM);
	/* birth is counted in ticks: what tidies up must be born in a later one */
	told = born_now() + 1;
	proc_wait(p, 30);
	while (!proc_ended(p) && now_ms() < until) {
		kill_below(p->pid, told, others);
		proc_wait(p, 20);
	}
	proc_kill(p);
	until = now_ms() + 2000;
	while ((left = kill_below(0, 0, others)) && now_ms() < until)
		poll(NULL, 0, 5);
	if (left)
		say("%d of the run's processes cannot be ended: they sleep in the kernel", left);
}

/* However we end, nothing that we started goes on. */
static struct run *current;

static void end_all(void)
{
	for (unsigned int i = 0; current && i < current->n; i++)
		if (current->kernels[i].up)
			end_backend(&current->kernels[i]);
}

/*
 * The first kernel goes through the plan from its beginning, so that the document
 * grows from the start; the others come from the end. What may use it up comes last.
 */
static bool next_share(struct kernel *k)
{
	struct run *r = k->run;
	unsigned int me = k - r->kernels, lasts = r->doc.plan->lasts;

	if (r->low < r->high) {
		k->share = k == r->kernels ? r->low++ : --r->high;
		return true;
	}
	if (k->ending || me >= lasts)
		return false;
	k->ending = true;
	k->share = r->doc.plan->shares - lasts + me;
	return true;
}

static void write_plan(const char *path, const struct str *text)
{
	FILE *f = fopen(path, "we");

	if (!f || (text->len && fwrite(text->s, text->len, 1, f) != 1) || fclose(f))
		die(RC_INFRA, "cannot write %s: %s", path, strerror(errno));
}

/* A new life, with the plan of what is waiting. */
static void start(struct kernel *k)
{
	struct run *r = k->run;
	char *plan = xprintf("%s/plan-%d", r->out, ++r->lives);
	char *console = xprintf("%s/console-%d.log", r->out, r->lives);
	struct proc_io io = { .death_signal = SIGTERM };
	struct str text = { 0 };
	struct strv argv = { 0 };
	int in[2], out[2], err[2], ret;

	stream_begin(&k->stream, &r->doc, k->share, r->restart);
	k->errors = (struct lines) { .line = err_line, .arg = k };
	plan_text(r->doc.plan, k->share, &text);
	write_plan(plan, &text);
	doc_progress(&r->doc, "starting the kernel");
	for (char **arg = r->backend; *arg; arg++)
		strv_add(&argv, xstrdup(*arg));
	strv_add(&argv, xstrdup(plan));
	setenv("DAXWAKE_CONSOLE", console, 1);
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die(RC_INFRA, "cannot make a pipe: %s", strerror(errno));
	io.in = in[0];
	io.out = out[1];
	io.err = err[1];
	k->backend = (struct proc) { 0 };
	ret = proc_start(&k->backend, argv.v, &io);
	if (ret)
		die(RC_INFRA, "cannot run %s: %s", argv.v[0], strerror(-ret));
	k->up = true;
	k->ended = false;
	k->in = in[1];
	k->out = out[0];
	k->err = err[0];
	k->heard = now_ms();
	close(in[0]);
	close(out[1]);
	close(err[1]);
	str_free(&text);
	strv_free(&argv);
	free(console);
	free(plan);
}

/* What can be read from it now, or false at its end. */
static bool hear(struct kernel *k, int fd, bool error)
{
	char buf[65536];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0)
		return errno == EINTR;
	if (n && error)
		lines_feed(&k->errors, buf, n);
	else if (n)
		stream_feed(&k->stream, buf, n);
	k->heard = now_ms();
	return n;
}

/* A grandchild may hold the pipes long after the backend is gone. */
#define LAST_WORDS_MS 200

static bool is_over(struct kernel *k)
{
	/* what it said before it ended may not have been read yet */
	if (!k->ended && proc_ended(&k->backend)) {
		k->ended = true;
		k->heard = now_ms();
	}
	return k->out < 0 || k->stream.replace || k->run->sig || k->run->stop ||
	       (k->ended && now_ms() - k->heard > LAST_WORDS_MS);
}

/* Until one of them says something, or ends. */
static void listen_to_all(struct run *r)
{
	struct pollfd fds[2 * MOST_JOBS + 1];
	bool ended = false;

	for (unsigned int i = 0; i < r->n; i++) {
		struct kernel *k = &r->kernels[i];

		fds[2 * i] = (struct pollfd) { k->up ? k->out : -1, POLLIN, 0 };
		fds[2 * i + 1] = (struct pollfd) { k->up ? k->err : -1, POLLIN, 0 };
		ended |= k->up && k->ended;
	}
	fds[2 * r->n] = (struct pollfd) { r->signals, POLLIN, 0 };
	if (poll(fds, 2 * r->n + 1, ended ? LAST_WORDS_MS : 1000) == 0)
		doc_progress(&r->doc, NULL);
	for (unsigned int i = 0; i < r->n; i++) {
		struct kernel *k = &r->kernels[i];

		if (fds[2 * i].revents && !hear(k, k->out, false)) {
			close(k->out);
			k->out = -1;
		}
		if (fds[2 * i + 1].revents && !hear(k, k->err, true)) {
			close(k->err);
			k->err = -1;
		}
	}
	if (fds[2 * r->n].revents) {
		int sig = signals_next(r->signals);

		if (sig && sig != SIGCHLD)
			r->sig = sig;
	}
}

/* Its life is over: all that it has said is in the document then. */
static void end(struct kernel *k)
{
	struct pollfd err = { k->err, POLLIN, 0 };

	if (!k->stream.replace && !k->run->sig && !k->run->stop) {
		stream_end(&k->stream);
		proc_wait(&k->backend, 2000);
	}
	end_backend(k);
	k->up = false;
	while (err.fd >= 0 && poll(&err, 1, 0) > 0 && hear(k, err.fd, true))
		;
	lines_end(&k->errors);
	str_free(&k->errors.buf);
	close(k->in);
	if (k->out >= 0)
		close(k->out);
	if (k->err >= 0)
		close(k->err);
	k->code = WIFEXITED(k->backend.status) ? WEXITSTATUS(k->backend.status) : RC_INFRA;
}

static const char left_out[] = "the runner left it out";

static void give_up(struct run *r, unsigned int share, const char *why)
{
	for (size_t i = 0; i < r->doc.plan->n; i++)
		doc_not_run(&r->doc, &r->doc.plan->programs[i], share, ALL_CALLS, why);
}

static void close_finished(struct doc *d)
{
	for (size_t i = 0; i < d->plan->n; i++)
		if (d->plan->programs[i].opened &&
		    !program_waiting(&d->plan->programs[i], ALL_SHARES))
			doc_close(d, &d->plan->programs[i]);
}

/* It has done its share and lives: it goes on with another one. */
static void hand_out(struct kernel *k)
{
	struct str text = { 0 };

	k->stream.more = false;
	give_up(k->run, k->share, left_out);
	close_finished(&k->run->doc);
	if (next_share(k)) {
		k->stream.share = k->share;
		plan_text(k->run->doc.plan, k->share, &text);
	}
	str_add(&text, "\n", 1);
	/* whoever has just died is noticed by his end */
	write_all(k->in, text.s, text.len);
	str_free(&text);
}

/* The kernel died, but no test was running that could be blamed for it. */
static void blame_program(struct stream *s, const char *why)
{
	struct program *p = s->program;

	for (size_t i = 0; !p && i < s->plan->n; i++)
		if (program_waiting(&s->plan->programs[i], s->share))
			p = &s->plan->programs[i];
	if (!p)
		return;
	doc_program(s->doc, p);
	for (size_t i = 0; i < s->console.n; i++)
		doc_nested(s->doc, p, s->share, "# console: %s", s->console.v[i]);
	doc_nested(s->doc, p, s->share, "# daxwake: died between tests: %s", why);
	if (!p->broke)
		p->broke = xprintf("ERROR %s", why);
}

/* A kernel died: who is it recorded for? Lives without a result are counted. */
static int died(struct kernel *k, const char *why)
{
	struct stream *s = &k->stream;

	if (stream_blame(s, why)) {
		k->blank = 0;
		return RC_PASSED;
	}
	if (s->results) {
		/* maybe the next test, maybe late work of the last: try again */
		blame_program(s, why);
		k->blank = 1;
		k->guessed = false;
		return RC_PASSED;
	}
	if (++k->blank < 2) {
		blame_program(s, why);
		return RC_PASSED;
	}
	k->blank = 0;
	if (!k->guessed && stream_blame_next(s, why)) {
		k->guessed = true;
		return RC_PASSED;
	}
	say("died again and again before any test: %s", why);
	give_up(k->run, k->share, why);
	return RC_INFRA;
}

/* The backend never came up, so nothing was learnt about a kernel. */
static int never_ready(struct kernel *k, const char *why)
{
	struct run *r = k->run;

	/* one came up before, so one more try is worth it */
	if (r->ready && r->restart && ++k->blank < 2)
		return RC_PASSED;
	if (r->ready)
		give_up(r, k->share, why);
	else
		doc_line(&r->doc, "Bail out! %s", why);
	r->stop = !r->ready;
	return k->code == RC_USAGE ? RC_USAGE : RC_INFRA;
}

/* What a life that is over means: RC_PASSED to go on with what is waiting. */
static int conclude(struct kernel *k)
{
	struct stream *s = &k->stream;
	struct run *r = k->run;
	const char *why = "";
	int ret = RC_PASSED;
	char *text;

	r->left |= s->left;
	r->ready |= s->ready;
	if (r->stop)
		return ret;
	if (r->sig) {
		stream_blame(s, "interrupted");
		give_up(r, k->share, "interrupted");
		return 128 + r->sig;
	}
	if (s->replace) {
		why = s->spoiled;
		k->blank = 0;
		k->guessed = false;
	} else if (!s->ready || s->failed) {
		why = s->failed ? s->failed : k->said ? k->said : "the backend never got ready";
		ret = never_ready(k, why);
	} else if (s->done) {
		give_up(r, k->share, left_out);
	} else {
		why = s->died ? s->died : "crash: the backend ended";
		ret = died(k, why);
	}
	if (!ret && !r->restart && plan_waiting(r->doc.plan, k->share)) {
		text = xprintf("no fresh kernel here after: %s", why);
		give_up(r, k->share, text);
		free(text);
	}
	return ret;
}

static int next_life(struct kernel *k)
{
	int ret;

	end(k);
	ret = conclude(k);
	close_finished(&k->run->doc);
	stream_free(&k->stream);
	if (!ret && !k->run->stop &&
	    (plan_waiting(k->run->doc.plan, k->share) || next_share(k)))
		start(k);
	return ret;
}

/* Runs until nothing is waiting; the exit code if that cannot be reached. */
static int run_all(struct run *r)
{
	int ret = RC_PASSED;
	bool up = true;

	r->n = plan_share(r->doc.plan, r->n, r->restart);
	r->high = r->doc.plan->shares - r->doc.plan->lasts;
	unsetenv("DAXWAKE_MORE");
	if (r->doc.plan->shares > r->n)
		setenv("DAXWAKE_MORE", "1", 1);
	for (unsigned int i = 0; i < r->n; i++) {
		r->kernels[i] = (struct kernel) { .run = r };
		next_share(&r->kernels[i]);
		start(&r->kernels[i]);
	}
	while (up) {
		listen_to_all(r);
		up = false;
		for (unsigned int i = 0; i < r->n; i++) {
			struct kernel *k = &r->kernels[i];

			if (k->up && k->stream.more && !k->stream.replace)
				hand_out(k);
			if (k->up && is_over(k)) {
				int code = next_life(k);

				ret = ret ? ret : code;
			}
			up |= k->up;
		}
	}
	for (unsigned int i = 0; i < r->n; i++)
		free(r->kernels[i].said);
	if (!r->stop) {
		give_up(r, ALL_SHARES, r->sig ? "interrupted" : "no kernel was left for it");
		close_finished(&r->doc);
	}
	return ret;
}

static int run(struct run *r)
{
	char *log = xprintf("%s/ktap", r->out);
	int ret;

	if (make_dirs(r->out))
		die(RC_INFRA, "cannot make %s: %s", r->out, strerror(errno));
	r->doc.log = fopen(log, "we");
	if (!r->doc.log)
		die(RC_INFRA, "cannot write %s: %s", log, strerror(errno));
	r->doc.path = log;
	r->doc.progress = isatty(STDERR_FILENO) && !getenv("CI");
	/* what a killed test leaves behind comes to us, to be ended */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	r->signals = signals_open();
	current = r;
	atexit(end_all);
	doc_begin(&r->doc);
	ret = run_all(r);
	if (!r->stop)
		doc_end(&r->doc);
	doc_quiet(&r->doc);
	fclose(r->doc.log);
	free(log);
	if (r->doc.untrusted.n)
		say("%zu positive controls failed: this run proves nothing", r->doc.untrusted.n);
	if (!ret && (r->doc.failed || r->doc.programs_failed || r->left))
		ret = RC_FAILED;
	return ret;
}

static const char help[] =
"Usage: tools/run --selftests DIR --out LOGDIR [options] -- BACKEND...\n"
"       tools/run --selftests DIR --list [--tests GLOBS]\n"
"\n"
"Runs installed selftests through a backend (tools/vm ..., tools/here ...), which\n"
"is started with the plan as its last argument, and again with the rest of it\n"
"when the kernel died. Prints one KTAP document in which every planned test has\n"
"exactly one result; LOGDIR/ktap holds it too.\n"
"\n"
"  --selftests DIR   installed selftests\n"
"  --out LOGDIR      where ktap, console-1.log, plan-1 ... are written\n"
"  --tests GLOBS     tests whose id, program.id or program matches one of them;\n"
"                    spaces or commas between them\n"
"  --collection C    collections to run (default dax)\n"
"  --no-controls     leave the positive controls out when they are not asked for\n"
"  --jobs N          up to N backends side by side, each with a share of the tests\n"
"                    (1 to 16, default 1; one can do for few tests)\n"
"  --no-restart      the backend cannot give another kernel; it is the only one\n"
"  --list            print what would be run\n"
"\n"
"Environment: DAXWAKE_TIME_FACTOR (scales all time limits), CI (no progress line).\n"
"The backend gets DAXWAKE_CONSOLE, the file for its console log. With DAXWAKE_MORE=1\n"
"it says '# daxwake: more' at the end of its plan, and gets more lines of a plan by\n"
"its stdin, and then an empty one. If that one is all, it has nothing more to do.\n"
"Exit codes: 0 all passed or skipped, 1 a test failed or the kernel broke,\n"
"2 usage, 3 no kernel was tested, 130 interrupted.\n";

static void usage(void)
{
	fputs(help, stdout);
}

static unsigned int jobs(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || !n || n > MOST_JOBS)
		die(RC_USAGE, "--jobs %s is not 1 to %d", text, MOST_JOBS);
	return n;
}

static void parse(struct run *r, int argc, char **argv)
{
	bool no_restart = false;
	const struct arg args[] = {
		{ "selftests", .text = &r->plan.selftests },
		{ "out", .text = &r->out },
		{ "tests", .text = &r->plan.globs },
		{ "collection", .text = &r->plan.collections },
		{ "no-controls", .flag = &r->plan.no_controls },
		{ "jobs", .text = &r->jobs_arg },
		{ "no-restart", .flag = &no_restart },
		{ "list", .flag = &r->list },
	};

	r->backend = argv + args_parse(argc, argv, args, ARRAY_SIZE(args), usage);
	r->restart = !no_restart;
	r->n = r->jobs_arg ? jobs(r->jobs_arg) : 1;
	if (no_restart)
		r->n = 1;
	if (r->plan.globs && !*r->plan.globs)
		r->plan.globs = NULL;
	if (!r->plan.selftests)
		die(RC_USAGE, "--selftests is missing (try --help)");
	if (r->list)
		return;
	if (!r->out)
		die(RC_USAGE, "--out is missing (try --help)");
	if (!*r->backend)
		die(RC_USAGE, "no backend named (try --help)");
}

static void print_list(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct program *p = &plan->programs[i];

		for (size_t j = 0; j < p->n; j++)
			printf("%s.%s\n", p->name, p->tests[j].id);
	}
}

int main(int argc, char **argv)
{
	struct plan plan = { 0 };
	struct run r = { .plan.collections = "dax", .doc.plan = &plan };
	int ret = RC_PASSED;

	tool = "tools/run";
	time_factor();
	parse(&r, argc, argv);
	plan_load(&plan, &r.plan);
	if (r.list)
		print_list(&plan);
	else
		ret = run(&r);
	strv_free(&r.doc.untrusted);
	plan_free(&plan);
	return ret;
}
