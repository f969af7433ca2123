// SPDX-License-Identifier: GPL-2.0-only
/*
 * The document of a run, in the shape the kernel's kselftest runner gives it:
 * programs at the top, their tests behind "# ".
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "run.h"

void doc_quiet(struct doc *d)
{
	if (!d->shown)
		return;
	fputs("\r\033[K", stderr);
	d->shown = false;
}

void doc_progress(struct doc *d, const char *current)
{
	struct winsize size;
	int64_t now = now_ms();
	char line[400];
	size_t width = 79;

	if (current)
		d->current = current;
	/* often enough to be seen, too seldom to cost anything */
	if (!d->progress || now - d->shown_at < 100)
		return;
	d->shown_at = now;
	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col > 1)
		width = size.ws_col - 1;
	if (width >= sizeof(line))
		width = sizeof(line) - 1;
	snprintf(line, sizeof(line), "[%zu/%zu] %zu failed  %s", d->done, d->plan->tests,
		 d->failed, d->current ? d->current : "");
	line[width] = '\0';
	fprintf(stderr, "\r\033[K%s", line);
	d->shown = true;
}

static void put(int fd, const struct str *text, const char *what)
{
	int ret = write_all(fd, text->s, text->len);

	/* whoever reads us has seen enough: end as everybody does */
	if (ret == -EPIPE)
		exit(128 + SIGPIPE);
	if (ret)
		die(RC_INFRA, "cannot write %s: %s", what, strerror(-ret));
}

/* Both are whole at any time: whoever watches the file sees it live. */
static void out(struct doc *d, struct str *text)
{
	if (!text->len)
		return;
	doc_quiet(d);
	put(fileno(d->log), text, d->path);
	put(STDOUT_FILENO, text, "to stdout");
	str_clear(text);
}

static void vline(struct str *to, const char *prefix, const char *fmt, va_list ap)
{
	str_printf(to, "%s", prefix);
	str_vprintf(to, fmt, ap);
	str_add(to, "\n", 1);
}

void doc_line(struct doc *d, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	vline(&text, "", fmt, ap);
	va_end(ap);
	out(d, &text);
	str_free(&text);
}

/* NULL: we are between two programs. */
static struct program *front(const struct doc *d)
{
	struct program *p = &d->plan->programs[d->front];

	return d->front < d->plan->n && p->opened ? p : NULL;
}

/* What is said of a program waits in it until its turn has come. */
static void say_of(struct doc *d, struct program *p)
{
	bool earlier = false;

	for (unsigned int i = 0; p == front(d) && i < d->plan->shares && !earlier; i++) {
		out(d, &p->said[i]);
		earlier = program_waiting(p, i);
	}
}

void doc_begin(struct doc *d)
{
	doc_line(d, "TAP version 13");
	doc_line(d, "1..%zu", d->plan->n);
	for (size_t i = 0; i < d->plan->n; i++)
		if (d->plan->programs[i].note)
			doc_line(d, "# daxwake: note: %s: %s", d->plan->programs[i].name,
				 d->plan->programs[i].note);
}

void doc_nested(struct doc *d, struct program *p, unsigned int share, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vline(&p->said[share], "# ", fmt, ap);
	va_end(ap);
	say_of(d, p);
}

void doc_mark(struct doc *d, unsigned int share, const char *text)
{
	struct program *p = front(d);

	if (p)
		doc_nested(d, p, share, "# daxwake: %s", text);
	else
		doc_line(d, "# daxwake: %s", text);
}

void doc_program(struct doc *d, struct program *p)
{
	if (p->opened)
		return;
	p->opened = true;
	str_printf(&p->said[0], "# selftests: %s: %s\n# TAP version 13\n# 1..%zu\n",
		   p->collection, p->name, p->n);
	say_of(d, p);
}

/* Consecutive, however often the program was started for it. */
static size_t number(const struct program *p, const struct test *t)
{
	size_t nr = 1;

	for (size_t i = 0; i < p->n; i++)
		if (p->tests[i].share < t->share ||
		    (p->tests[i].share == t->share && p->tests[i].state > RUNNING))
			nr++;
	return nr;
}

void doc_result(struct doc *d, struct program *p, struct test *t, enum state result,
		const char *why)
{
	doc_program(d, p);
	str_printf(&p->said[t->share], "# %sok %zu %s%s%s\n", result == FAILED ? "not " : "",
		   number(p, t), t->id, why && *why ? " # " : "", why ? why : "");
	t->state = result;
	say_of(d, p);
	d->done++;
	d->failed += result == FAILED;
	d->skipped += result == SKIPPED;
	if (p->control && result == FAILED)
		strv_add(&d->untrusted, xprintf("%s.%s", p->name, t->id));
}

void doc_not_run(struct doc *d, struct program *p, unsigned int share, unsigned int call,
		 const char *why)
{
	char *directive = xprintf("ERROR not run: %s", why);

	for (size_t i = 0; i < p->n; i++)
		if (p->tests[i].state <= RUNNING && p->tests[i].call <= call &&
		    (share == ALL_SHARES || p->tests[i].share == share))
			doc_result(d, p, &p->tests[i], FAILED, directive);
	free(directive);
}

static const char unvouched[] = "no fault could be put in, nothing vouches for what passed";

static void last_line(struct doc *d, struct program *p)
{
	size_t count[SKIPPED + 1] = { 0 };
	const char *result = "ok", *what = "";

	for (size_t i = 0; i < p->n; i++)
		count[p->tests[i].state]++;
	d->programs++;
	if (count[FAILED] || p->broke) {
		result = "not ok";
		d->programs_failed++;
		what = p->broke ? p->broke : "exit=1";
	} else if (count[SKIPPED] == p->n) {
		d->programs_skipped++;
		what = "SKIP";
		if (p->control)
			doc_line(d, "# daxwake: note: %s: %s", p->name, unvouched);
	}
	doc_line(d, "# # Totals: pass:%zu fail:%zu xfail:0 xpass:0 skip:%zu error:0",
		 count[PASSED], count[FAILED], count[SKIPPED]);
	doc_line(d, "%s %zu selftests: %s: %s%s%s", result, d->programs, p->collection,
		 p->name, *what ? " # " : "", what);
}

void doc_close(struct doc *d, struct program *p)
{
	if (p->closed)
		return;
	doc_program(d, p);
	p->closed = true;
	for (p = front(d); p && p->closed; p = front(d)) {
		last_line(d, p);
		d->front++;
		if (front(d))
			say_of(d, front(d));
	}
}

void doc_end(struct doc *d)
{
	doc_line(d, "# Totals: pass:%zu fail:%zu xfail:0 xpass:0 skip:%zu error:0",
		 d->programs - d->programs_failed - d->programs_skipped, d->programs_failed,
		 d->programs_skipped);
	if (d->untrusted.n) {
		struct str ids = { 0 };

		for (size_t i = 0; i < d->untrusted.n; i++)
			str_printf(&ids, " %s", d->untrusted.v[i]);
		doc_line(d, "# daxwake: untrusted:%s", ids.s);
		str_free(&ids);
	}
	doc_quiet(d);
}
