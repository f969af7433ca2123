// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an installed selftests tree to the list of tests that shall have a
 * result. Each program is asked for its tests; that needs no root.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

#define IDS_MS 10000

/* The runner hands a program's ids over in one variable: 128 KiB at most. */
#define LINE_MAX_IDS 120000

static const char controls[] = "control_test";

/* In a program's ids. */
static const char last_mark[] = "# last: ";

struct ids {
	struct program *p;
	const char *path;
};

static void ids_line(void *arg, char *line)
{
	struct ids *ids = arg;
	struct program *p = ids->p;

	if (!*line)
		return;
	if (!strncmp(line, last_mark, strlen(last_mark))) {
		free(p->last);
		p->last = xstrdup(line + strlen(last_mark));
		return;
	}
	if (!strncmp(line, "# ", 2)) {
		free(p->note);
		p->note = xstrdup(line + 2);
		return;
	}
	if (strpbrk(line, " \t#"))
		die(RC_INFRA, "%s --ids printed '%s', which is no id", ids->path, line);
	if (!(p->n & (p->n - 1)))
		p->tests = xgrow(p->tests, (p->n ? 2 * p->n : 1) * sizeof(*p->tests));
	p->tests[p->n++] = (struct test) { .id = xstrdup(line) };
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All combinations are more than a million: looking each up would take hours. */
static void check_ids(const struct program *p, const char *path)
{
	char **ids = xalloc(p->n * sizeof(*ids));

	for (size_t i = 0; i < p->n; i++)
		ids[i] = p->tests[i].id;
	qsort(ids, p->n, sizeof(*ids), by_name);
	for (size_t i = 1; i < p->n; i++)
		if (!strcmp(ids[i], ids[i - 1]))
			die(RC_INFRA, "%s has two tests with the id %s", path, ids[i]);
	free(ids);
}

static void ask_ids(struct program *p, const char *selftests)
{
	char *path = xprintf("%s/%s/%s", selftests, p->collection, p->name);
	char *argv[] = { path, "--ids", NULL };
	struct ids ids = { .p = p, .path = path };
	struct lines lines = { .line = ids_line, .arg = &ids };
	struct proc_io io = { .in = -1, .err = -1, .death_signal = 9 };
	int64_t until = now_ms() + IDS_MS * time_factor();
	struct proc proc = { 0 };
	char buf[4096], how[80];
	int fds[2], ret;
	ssize_t n = 1;

	if (pipe2(fds, O_CLOEXEC))
		die(RC_INFRA, "cannot make a pipe: %s", strerror(errno));
	io.out = fds[1];
	ret = proc_start(&proc, argv, &io);
	close(fds[1]);
	if (ret)
		die(RC_INFRA, "cannot run %s: %s (try make)", path, strerror(-ret));
	while (n > 0) {
		struct pollfd fd = { .fd = fds[0], .events = POLLIN };
		int64_t left = until - now_ms();

		if (left <= 0 || poll(&fd, 1, left) == 0) {
			proc_kill(&proc);
			die(RC_INFRA, "%s --ids did not end", path);
		}
		n = read(fds[0], buf, sizeof(buf));
		if (n > 0)
			lines_feed(&lines, buf, n);
	}
	close(fds[0]);
	lines_end(&lines);
	str_free(&lines.buf);
	if (!proc_wait(&proc, IDS_MS))
		proc_kill(&proc);
	if (proc.status) {
		proc_describe(&proc, how, sizeof(how));
		die(RC_INFRA, "%s --ids %s", path, how);
	}
	if (!p->n)
		die(RC_INFRA, "%s --ids named no test", path);
	check_ids(p, path);
	for (size_t i = 0; p->last && i < p->n; i++)
		p->tests[i].last = !fnmatch(p->last, p->tests[i].id, 0);
	p->whole = p->n;
	free(path);
}

/* Words are separated by spaces or commas. */
static bool any_word(const char *words, bool (*match)(const char *word, const void *arg),
		     const void *arg)
{
	bool hit = false;

	while (*words && !hit) {
		size_t len = strcspn(words, " ,\t\n");
		char *word = xstrndup(words, len);

		hit = len && match(word, arg);
		free(word);
		words += len + !!words[len];
	}
	return hit;
}

static bool same(const char *word, const void *arg)
{
	return !strcmp(word, arg);
}

struct candidate {
	const struct program *p;
	const char *id;
};

/* id, program.id, or the program's name for all of it. */
static bool wanted(const char *glob, const void *arg)
{
	const struct candidate *c = arg;
	char *full;
	bool hit;

	if (!fnmatch(glob, c->id, 0) || !fnmatch(glob, c->p->name, 0))
		return true;
	full = xprintf("%s.%s", c->p->name, c->id);
	hit = !fnmatch(glob, full, 0);
	free(full);
	return hit;
}

static size_t filter(struct program *p, const char *globs)
{
	size_t keep = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct candidate c = { .p = p, .id = p->tests[i].id };

		if (any_word(globs, wanted, &c))
			p->tests[keep++] = p->tests[i];
		else
			free(p->tests[i].id);
	}
	p->n = keep;
	return keep;
}

static void program_free(struct program *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->tests[i].id);
	free(p->tests);
	free(p->collection);
	free(p->name);
	free(p->broke);
	free(p->note);
	free(p->last);
	free(p->said);
	free(p->calls);
}

/* "collection:program"; false if that is not asked for. */
static bool program_init(struct program *p, char *line, const char *collections)
{
	char *colon = strchr(line, ':');

	*p = (struct program) { 0 };
	if (!colon)
		return false;
	*colon = '\0';
	if (!any_word(collections, same, line))
		return false;
	p->collection = xstrdup(line);
	p->name = xstrdup(colon + 1);
	p->control = !strcmp(p->name, controls);
	return true;
}

static void plan_add(struct plan *plan, const struct program *p)
{
	size_t at = p->control ? 0 : plan->n;

	plan->programs = xgrow(plan->programs, (plan->n + 1) * sizeof(*p));
	memmove(plan->programs + at + 1, plan->programs + at, (plan->n - at) * sizeof(*p));
	plan->programs[at] = *p;
	plan->n++;
	plan->tests += p->n;
}

/* Whether anything matched. */
static bool load(struct plan *plan, const struct plan_opts *o, const char *path)
{
	char *list = read_file(path, NULL);
	bool any = false, hit = false;
	char *save = NULL;

	if (!list)
		die(RC_INFRA, "no list of tests at %s: %s (try make)", path, strerror(errno));
	for (char *line = strtok_r(list, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct program p;

		if (!program_init(&p, line, o->collections))
			continue;
		any = true;
		if (p.control && o->no_controls) {
			program_free(&p);
			continue;
		}
		ask_ids(&p, o->selftests);
		/* whatever else is asked for, the controls vouch for it */
		if (!o->globs) {
			hit = true;
		} else if (p.control) {
			for (size_t i = 0; i < p.n && !hit; i++) {
				struct candidate c = { .p = &p, .id = p.tests[i].id };

				hit = any_word(o->globs, wanted, &c);
			}
		} else if (filter(&p, o->globs)) {
			hit = true;
		} else {
			program_free(&p);
			continue;
		}
		plan_add(plan, &p);
	}
	if (!any)
		die(RC_USAGE, "no program of collection '%s' in %s", o->collections, path);
	free(list);
	return hit;
}

void plan_load(struct plan *plan, const struct plan_opts *o)
{
	char *path = xprintf("%s/kselftest-list.txt", o->selftests);
	bool hit = load(plan, o, path);

	/* by its id any combination can be had, not only those of a default run */
	if (!hit && !getenv("DAXWAKE_FULL")) {
		setenv("DAXWAKE_FULL", "1", 1);
		plan_free(plan);
		hit = load(plan, o, path);
	}
	if (!hit)
		die(RC_USAGE, "no test matches '%s' (try --list)", o->globs);
	free(path);
}

/* What a VM takes to boot, a few dozen tests take in another one. */
#define LEAST_SHARE 50

#define SHARES_EACH 10

/*
 * The kernels may end a share apart, so it is small where they may meet: the first
 * comes from the beginning and has about 1 / @jobs of all, the rest is behind that.
 * Of a few all are the same.
 */
static size_t weight(unsigned int i, unsigned int n, unsigned int jobs)
{
	return n < 4 * jobs || (10 * i * jobs >= 6 * n && 10 * i * jobs < 16 * n) ? 1 : 3;
}

/* The share of the test @at of @tests. */
static unsigned int share_of(size_t at, size_t tests, unsigned int n, unsigned int jobs)
{
	size_t all = 0, end = 0;
	unsigned int share = 0;

	for (unsigned int i = 0; i < n; i++)
		all += weight(i, n, jobs);
	while ((end += weight(share, n, jobs)) * tests <= at * all)
		share++;
	return share;
}

/* Takes the last of these tests, up to @jobs, out of the shares: one for each kernel. */
static unsigned int take_lasts(struct plan *plan, unsigned int jobs)
{
	unsigned int all = 0, seen = 0;

	for (size_t i = 0; i < plan->n; i++)
		for (size_t j = 0; j < plan->programs[i].n; j++)
			all += plan->programs[i].tests[j].last;
	if (jobs > all)
		jobs = all;
	for (size_t i = 0; i < plan->n; i++) {
		struct program *p = &plan->programs[i];

		for (size_t j = 0; j < p->n; j++)
			if (p->tests[j].last && ++seen > all - jobs)
				p->tests[j].share = plan->shares + seen - (all - jobs) - 1;
	}
	return jobs;
}

unsigned int plan_share(struct plan *plan, unsigned int jobs, bool last)
{
	unsigned int n = jobs > 1 ? jobs * SHARES_EACH : 1;
	size_t seen = 0;

	if (n > plan->tests / LEAST_SHARE)
		n = plan->tests / LEAST_SHARE;
	if (!n)
		n = 1;
	jobs = n < jobs ? n : jobs;
	plan->shares = n;
	for (size_t i = 0; i < plan->n; i++) {
		struct program *p = &plan->programs[i];

		for (size_t j = 0; j < p->n; j++)
			p->tests[j].share = share_of(seen++, plan->tests, n, jobs);
	}
	plan->lasts = last && plan->tests > jobs ? take_lasts(plan, jobs) : 0;
	plan->shares += plan->lasts;
	for (size_t i = 0; i < plan->n; i++) {
		plan->programs[i].said = xalloc(plan->shares * sizeof(struct str));
		plan->programs[i].calls = xalloc(plan->shares * sizeof(unsigned int));
	}
	return jobs;
}

static bool is_waiting(const struct test *t, unsigned int share)
{
	return t->state <= RUNNING && (share == ALL_SHARES || t->share == share);
}

size_t program_waiting(const struct program *p, unsigned int share)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += is_waiting(&p->tests[i], share);
	return n;
}

size_t plan_waiting(const struct plan *plan, unsigned int share)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		n += program_waiting(&plan->programs[i], share);
	return n;
}

static void program_text(struct str *text, struct program *p, unsigned int share)
{
	size_t waiting = program_waiting(p, share), len = 0;
	unsigned int call = 1;

	if (!waiting)
		return;
	p->calls[share] = 0;
	str_printf(text, "%s:%s", p->collection, p->name);
	for (size_t i = 0; i < p->n; i++) {
		struct test *t = &p->tests[i];
		size_t more = strlen(t->id) + 4;

		if (!is_waiting(t, share))
			continue;
		t->call = call;
		if (waiting == p->whole)
			continue;
		if (len && len + more > LINE_MAX_IDS) {
			str_printf(text, "\n%s:%s", p->collection, p->name);
			t->call = ++call;
			len = 0;
		}
		str_printf(text, " %s", t->id);
		len += more;
	}
	str_printf(text, "\n");
}

void plan_text(struct plan *plan, unsigned int share, struct str *text)
{
	for (size_t i = 0; i < plan->n; i++)
		program_text(text, &plan->programs[i], share);
}

struct test *program_test(struct program *p, const char *id, size_t len)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strncmp(p->tests[i].id, id, len) && !p->tests[i].id[len])
			return &p->tests[i];
	return NULL;
}

struct program *plan_program(struct plan *plan, const char *collection, const char *name)
{
	for (size_t i = 0; i < plan->n; i++)
		if (!strcmp(plan->programs[i].collection, collection) &&
		    !strcmp(plan->programs[i].name, name))
			return &plan->programs[i];
	return NULL;
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		for (unsigned int share = 0; share < plan->shares; share++)
			str_free(&plan->programs[i].said[share]);
		program_free(&plan->programs[i]);
	}
	free(plan->programs);
	*plan = (struct plan) { 0 };
}
