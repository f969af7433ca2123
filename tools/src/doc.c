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

void doc_line(struct doc *d, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_vprintf(&text, fmt, ap);
	va_end(ap);
	str_add(&text, "\n", 1);
	doc_quiet(d);
	/* both are whole at any time: whoever watches the file sees it live */
	put(fileno(d->log), &text, d->path);
	put(STDOUT_FILENO, &text, "to stdout");
	str_free(&text);
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

void doc_nested(struct doc *d, const char *text)
{
	doc_line(d, "# %s", text);
}

void doc_program(struct doc *d, struct program *p)
{
	if (p->opened)
		return;
	p->opened = true;
	doc_line(d, "# selftests: %s: %s", p->collection, p->name);
	doc_nested(d, "TAP version 13");
	doc_line(d, "# 1..%zu", p->n);
}

/* Consecutive, however often the program was started for it. */
static size_t number(const struct program *p, const struct test *t)
{
	size_t nr = 1;

	for (size_t i = 0; i < p->n; i++)
		if (&p->tests[i] != t && p->tests[i].state > RUNNING)
			nr++;
	return nr;
}

void doc_result(struct doc *d, struct program *p, struct test *t, enum state result,
		const char *why)
{
	doc_program(d, p);
	doc_line(d, "# %sok %zu %s%s%s", result == FAILED ? "not " : "", number(p, t), t->id,
		 why && *why ? " # " : "", why ? why : "");
	t->state = result;
	d->done++;
	d->failed += result == FAILED;
	d->skipped += result == SKIPPED;
	if (p->control && result == FAILED)
		strv_add(&d->untrusted, xprintf("%s.%s", p->name, t->id));
}

void doc_not_run(struct doc *d, struct program *p, const char *why)
{
	char *directive = xprintf("ERROR not run: %s", why);

	for (size_t i = 0; i < p->n; i++)
		if (p->tests[i].state <= RUNNING)
			doc_result(d, p, &p->tests[i], FAILED, directive);
	free(directive);
}

void doc_close(struct doc *d, struct program *p)
{
	size_t count[SKIPPED + 1] = { 0 };
	const char *result = "ok", *what = "";

	if (p->closed)
		return;
	p->closed = true;
	doc_program(d, p);
	for (size_t i = 0; i < p->n; i++)
		count[p->tests[i].state]++;
	doc_line(d, "# # Totals: pass:%zu fail:%zu xfail:0 xpass:0 skip:%zu error:0",
		 count[PASSED], count[FAILED], count[SKIPPED]);
	d->programs++;
	if (count[FAILED] || p->broke) {
		result = "not ok";
		d->programs_failed++;
		what = p->broke ? p->broke : "exit=1";
	} else if (count[SKIPPED] == p->n) {
		d->programs_skipped++;
		what = "SKIP";
	}
	doc_line(d, "%s %zu selftests: %s: %s%s%s", result, d->programs, p->collection,
		 p->name, *what ? " # " : "", what);
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
