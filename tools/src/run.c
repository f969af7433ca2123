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

struct run {
	struct plan_opts plan;
	const char *out;
	bool restart, list;
	char **backend;
	struct doc doc;
	int signals;
	int sig;		/* that ended us */
	int code;		/* exit code of the last backend */
	char *said;		/* its last words on stderr */
	bool left;		/* a backend left something behind */
	int blank;		/* lives in a row without any result */
	bool guessed;		/* the last result was a guess */
};

static void err_line(void *arg, char *line)
{
	struct run *r = arg;

	doc_quiet(&r->doc);
	fprintf(stderr, "%s\n", line);
	free(r->said);
	r->said = xstrdup(line);
}

/*
 * In order, so that it can tidy up; whatever it started is ended for it,
 * because what runs under a test may have left its process group.
 */
static void end_backend(struct proc *p)
{
	int64_t until = now_ms() + 5000, told;
	int left;

	if (!proc_ended(p))
		kill(p->pid, SIGTERM);
	/* birth is counted in ticks: what tidies up must be born in a later one */
	told = born_now() + 1;
	proc_wait(p, 30);
	while (!proc_ended(p) && now_ms() < until) {
		kill_below(p->pid, told);
		proc_wait(p, 20);
	}
	proc_kill(p);
	until = now_ms() + 2000;
	while ((left = kill_below(0, 0)) && now_ms() < until)
		poll(NULL, 0, 5);
	if (left)
		say("%d of the run's processes cannot be ended: they sleep in the kernel", left);
}

/* However we end, nothing that we started goes on. */
static struct proc *current;

static void end_current(void)
{
	if (current)
		end_backend(current);
}

static void pump(struct run *r, struct stream *s, struct proc *p, int out, int err)
{
	struct lines errors = { .line = err_line, .arg = r };
	struct pollfd fds[] = {
		{ .fd = out, .events = POLLIN },
		{ .fd = err, .events = POLLIN },
		{ .fd = r->signals, .events = POLLIN },
	};
	char buf[65536];
	ssize_t n;

	while (fds[0].fd >= 0 && !s->replace && !r->sig) {
		/* a grandchild may hold the pipes long after the backend is gone */
		bool ended = proc_ended(p);

		if (poll(fds, ARRAY_SIZE(fds), ended ? 200 : 1000) == 0) {
			doc_progress(s->doc, NULL);
			if (ended)
				break;
		}
		if (fds[0].revents) {
			n = read(fds[0].fd, buf, sizeof(buf));
			if (n > 0)
				stream_feed(s, buf, n);
			else if (n == 0 || errno != EINTR)
				fds[0].fd = -1;
		}
		if (fds[1].revents) {
			n = read(fds[1].fd, buf, sizeof(buf));
			if (n > 0)
				lines_feed(&errors, buf, n);
			else if (n == 0 || errno != EINTR)
				fds[1].fd = -1;
		}
		if (fds[2].revents) {
			int sig = signals_next(r->signals);

			if (sig && sig != SIGCHLD)
				r->sig = sig;
		}
	}
	if (!s->replace && !r->sig) {
		stream_end(s);
		proc_wait(p, 2000);
	}
	end_backend(p);
	while (fds[1].fd >= 0 && poll(&fds[1], 1, 0) > 0 &&
	       (n = read(fds[1].fd, buf, sizeof(buf))) > 0)
		lines_feed(&errors, buf, n);
	lines_end(&errors);
	str_free(&errors.buf);
}

/* One life of the backend, with the plan of what is waiting. */
static void life(struct run *r, struct stream *s, int nr)
{
	char *plan = xprintf("%s/plan-%d", r->out, nr);
	char *console = xprintf("%s/console-%d.log", r->out, nr);
	struct proc_io io = { .in = -1, .death_signal = SIGTERM };
	struct strv argv = { 0 };
	struct proc p = { 0 };
	int out[2], err[2], ret;

	plan_write(r->doc.plan, plan);
	doc_progress(&r->doc, "starting the kernel");
	for (char **arg = r->backend; *arg; arg++)
		strv_add(&argv, xstrdup(*arg));
	strv_add(&argv, xstrdup(plan));
	setenv("DAXWAKE_CONSOLE", console, 1);
	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die(RC_INFRA, "cannot make a pipe: %s", strerror(errno));
	io.out = out[1];
	io.err = err[1];
	ret = proc_start(&p, argv.v, &io);
	if (ret)
		die(RC_INFRA, "cannot run %s: %s", argv.v[0], strerror(-ret));
	current = &p;
	close(out[1]);
	close(err[1]);
	pump(r, s, &p, out[0], err[0]);
	current = NULL;
	close(out[0]);
	close(err[0]);
	r->code = WIFEXITED(p.status) ? WEXITSTATUS(p.status) : RC_INFRA;
	strv_free(&argv);
	free(console);
	free(plan);
}

static size_t waiting(const struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		for (size_t j = 0; j < plan->programs[i].n; j++)
			n += plan->programs[i].tests[j].state <= RUNNING;
	return n;
}

static void give_up(struct run *r, const char *why)
{
	for (size_t i = 0; i < r->doc.plan->n; i++) {
		struct program *p = &r->doc.plan->programs[i];

		doc_not_run(&r->doc, p, why);
		doc_close(&r->doc, p);
	}
}

/* The kernel died, but no test was running that could be blamed for it. */
static void blame_program(struct stream *s, const char *why)
{
	struct program *p = s->program;

	for (size_t i = 0; !p && i < s->plan->n; i++)
		if (!s->plan->programs[i].closed)
			p = &s->plan->programs[i];
	if (!p)
		return;
	doc_program(s->doc, p);
	for (size_t i = 0; i < s->console.n; i++)
		doc_line(s->doc, "# # console: %s", s->console.v[i]);
	doc_line(s->doc, "# # daxwake: died between tests: %s", why);
	if (!p->broke)
		p->broke = xprintf("ERROR %s", why);
}

static void close_finished(struct doc *d, bool all)
{
	for (size_t i = 0; i < d->plan->n; i++) {
		struct program *p = &d->plan->programs[i];
		bool open = false;

		for (size_t j = 0; j < p->n; j++)
			open |= p->tests[j].state <= RUNNING;
		if (all || (p->opened && !open))
			doc_close(d, p);
	}
}

/* A kernel died: who is it recorded for? Lives without a result are counted. */
static int died(struct run *r, struct stream *s, const char *why)
{
	if (stream_blame(s, why)) {
		r->blank = 0;
		return RC_PASSED;
	}
	if (s->results) {
		/* maybe the next test, maybe late work of the last: try again */
		blame_program(s, why);
		r->blank = 1;
		r->guessed = false;
		return RC_PASSED;
	}
	if (++r->blank < 2) {
		blame_program(s, why);
		return RC_PASSED;
	}
	r->blank = 0;
	if (!r->guessed && stream_blame_next(s, why)) {
		r->guessed = true;
		return RC_PASSED;
	}
	say("died again and again before any test: %s", why);
	give_up(r, why);
	return RC_INFRA;
}

/* The backend never came up, so nothing was learnt about a kernel. */
static int never_ready(struct run *r, const char *why, int nr)
{
	/* it came up before, so one more try is worth it */
	if (nr > 1 && r->restart && ++r->blank < 2)
		return RC_PASSED;
	if (nr == 1)
		doc_line(&r->doc, "Bail out! %s", why);
	else
		give_up(r, why);
	return r->code == RC_USAGE ? RC_USAGE : RC_INFRA;
}

/* What a life that is over means: RC_PASSED to go on with what is waiting. */
static int conclude(struct run *r, struct stream *s, int nr)
{
	const char *why = "";
	int ret = RC_PASSED;
	char *text;

	r->left |= s->left;
	if (r->sig) {
		stream_blame(s, "interrupted");
		give_up(r, "interrupted");
		return 128 + r->sig;
	}
	if (s->replace) {
		why = s->spoiled;
		r->blank = 0;
		r->guessed = false;
	} else if (!s->ready || s->failed) {
		why = s->failed ? s->failed : r->said ? r->said : "the backend never got ready";
		ret = never_ready(r, why, nr);
	} else if (s->done) {
		give_up(r, "the runner left it out");
	} else {
		why = s->died ? s->died : "crash: the backend ended";
		ret = died(r, s, why);
	}
	if (!ret && !r->restart && waiting(r->doc.plan)) {
		text = xprintf("no fresh kernel here after: %s", why);
		give_up(r, text);
		free(text);
	}
	return ret;
}

/* Runs until nothing is waiting; the exit code if that cannot be reached. */
static int run_all(struct run *r)
{
	int ret = RC_PASSED;

	for (int nr = 1; waiting(r->doc.plan) && !ret; nr++) {
		struct stream s;

		stream_begin(&s, &r->doc, nr, r->restart);
		life(r, &s, nr);
		ret = conclude(r, &s, nr);
		close_finished(&r->doc, false);
		stream_free(&s);
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
	atexit(end_current);
	doc_begin(&r->doc);
	ret = run_all(r);
	if (r->doc.done) {
		close_finished(&r->doc, true);
		doc_end(&r->doc);
	}
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
"  --no-restart      the backend cannot give another kernel\n"
"  --list            print what would be run\n"
"\n"
"Environment: DAXWAKE_TIME_FACTOR (scales all time limits), CI (no progress line).\n"
"The backend gets DAXWAKE_CONSOLE, the file for its console log.\n"
"Exit codes: 0 all passed or skipped, 1 a test failed or the kernel broke,\n"
"2 usage, 3 no kernel was tested, 130 interrupted.\n";

static void usage(void)
{
	fputs(help, stdout);
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
		{ "no-restart", .flag = &no_restart },
		{ "list", .flag = &r->list },
	};

	r->backend = argv + args_parse(argc, argv, args, ARRAY_SIZE(args), usage);
	r->restart = !no_restart;
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
	free(r.said);
	plan_free(&plan);
	return ret;
}
