// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what the runner in the guest says, line by line as it comes, and
 * writes it into the document. The runner's counting is dropped: a program
 * whose VM died is started again with what it still owes, and in the document
 * that is one program.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

static const char *after(const char *line, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(line, prefix, len) ? NULL : line + len;
}

static void set_once(char **what, const char *text)
{
	if (!*what)
		*what = xstrdup(text);
}

/*
 * The console may hold anything. The kernel's KTAP parser also takes some of
 * its phrases for the end of everything.
 */
static char *harmless(const char *line)
{
	static const char *const ends[] = {
		"List of all partitions:", "Kernel panic - not syncing: VFS:",
		"reboot: System halted",
	};
	char *copy = xstrdup(line);

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (strstr(copy, ends[i]))
			*strchr(strstr(copy, ends[i]), ':') = '.';
	for (char *c = copy; *c; c++)
		if (iscntrl((unsigned char)*c) && *c != '\t')
			*c = '?';
	return copy;
}

static void nested(struct stream *s, const char *text)
{
	char *copy = harmless(text);

	doc_nested(s->doc, s->program, s->share, "%s", copy);
	free(copy);
}

static void result(struct stream *s, struct test *t, enum state state, const char *why)
{
	int64_t began = t->began ? t->began : s->started;
	int64_t took = (t->ended ? t->ended : now_us()) - began;

	if (t == s->test && s->timed_out && !s->judged)
		doc_nested(s->doc, s->program, s->share, "# verdict: hang");
	if (t == s->test && began)
		doc_nested(s->doc, s->program, s->share, "# time: %.1f ms", took / 1e3);
	doc_result(s->doc, s->program, t, state, why);
	s->results++;
	if (t == s->test)
		s->test = NULL;
	if (s->spoiled)
		s->replace = true;
	doc_progress(s->doc, NULL);
}

/* "program id": that one starts now, and the one before has ended. */
static void started(struct stream *s, const char *text)
{
	const char *id = strchr(text, ' ');
	struct test *t = NULL;

	for (size_t i = 0; id && i < s->plan->n && !t; i++) {
		struct program *p = &s->plan->programs[i];

		if (strncmp(p->name, text, id - text) || p->name[id - text] || p->closed)
			continue;
		t = program_test(p, id + 1, strlen(id + 1));
		s->marked_program = p;
	}
	if (s->marked && !s->marked->ended)
		s->marked->ended = now_us();
	s->marked = t;
	if (t) {
		t->began = now_us();
		t->ended = 0;
	}
}

/* Another kernel may still be running its share of the program. */
static void close_done(struct stream *s, struct program *p)
{
	if (!program_waiting(p, ALL_SHARES))
		doc_close(s->doc, p);
}

/* The next one of the running program that this kernel owes a result for. */
static struct test *next_waiting(struct stream *s)
{
	for (size_t i = 0; s->program && i < s->program->n; i++)
		if (s->program->tests[i].state == WAITING &&
		    s->program->tests[i].share == s->share)
			return &s->program->tests[i];
	return NULL;
}

/*
 * What a dying kernel had printed may be lost on its way; the mark of a test
 * that starts is not. Everything before that test must have ended: what has
 * no result yet keeps waiting, and only then the blame is clear.
 */
static void follow_mark(struct stream *s)
{
	struct program *p = s->marked_program;
	struct test *t = s->marked;

	if (!t || p->closed || t->state != WAITING)
		return;
	if (s->test)
		s->test->state = WAITING;
	s->test = NULL;
	if (s->program && s->program != p) {
		if (program_waiting(s->program, s->share))
			return;
		close_done(s, s->program);
	}
	s->program = p;
	doc_program(s->doc, p);
	s->test = t;
	s->started = 0;
	s->judged = false;
	s->timed_out = false;
}

static void blame(struct stream *s, const char *why)
{
	char *directive, *copy;

	for (size_t i = 0; i < s->console.n; i++) {
		copy = harmless(s->console.v[i]);
		doc_nested(s->doc, s->program, s->share, "# console: %s", copy);
		free(copy);
	}
	if (after(why, "crash: "))
		doc_nested(s->doc, s->program, s->share, "# verdict: crash");
	else if (after(why, "hang: "))
		doc_nested(s->doc, s->program, s->share, "# verdict: hang");
	copy = harmless(why);
	directive = xprintf("ERROR %s", copy);
	result(s, s->test, FAILED, directive);
	free(directive);
	free(copy);
}

bool stream_blame(struct stream *s, const char *why)
{
	follow_mark(s);
	if (!s->test)
		return false;
	blame(s, why);
	return true;
}

bool stream_blame_next(struct stream *s, const char *why)
{
	char *text;
	bool blamed = false;

	if (!s->test)
		s->test = next_waiting(s);
	s->started = 0;
	if (s->test) {
		text = xprintf("%s (it came next, its start was not seen)", why);
		blamed = stream_blame(s, text);
		free(text);
	}
	return blamed;
}

/* "[not ]ok 12 " at the start of line; where the id begins, or NULL. */
static char *result_id(char *line, bool *ok)
{
	char *p = line;

	*ok = !after(p, "not ");
	if (!*ok)
		p += 4;
	p = (char *)after(p, "ok ");
	if (!p || !isdigit((unsigned char)*p))
		return NULL;
	while (isdigit((unsigned char)*p))
		p++;
	return *p == ' ' ? p + 1 : NULL;
}

static bool result_line(struct stream *s, char *line)
{
	char *id, *p = line;
	struct test *t;
	const char *why = "";
	bool ok;

	id = result_id(line, &ok);
	t = id ? program_test(s->program, id, strcspn(id, " ")) : NULL;
	/* a test that is running can only speak for itself */
	if (s->test && t != s->test)
		t = NULL;
	/* whatever a test printed last need not have ended with a newline */
	while (!t && s->test && (p = strstr(p, "ok "))) {
		bool not = p - line >= 4 && !strncmp(p - 4, "not ", 4);

		id = result_id(not ? p - 4 : p, &ok);
		if (id && program_test(s->program, id, strcspn(id, " ")) == s->test)
			t = s->test;
		p += 3;
	}
	if (!t || t->state > RUNNING)
		return false;
	id += strcspn(id, " ");
	if (after(id, " # "))
		why = id + 3;
	result(s, t, !ok ? FAILED : after(why, "SKIP") ? SKIPPED : PASSED, why);
	return true;
}

static bool run_line(struct stream *s, const char *line)
{
	const char *id = after(line, "#  RUN           ");
	struct test *t;
	size_t len;

	if (!id)
		return false;
	len = strcspn(id, " ");
	t = program_test(s->program, id, len);
	if (!t || t->state != WAITING)
		return false;
	/* the harness would not go on otherwise: it lost count of that one */
	if (s->test)
		blame(s, "no result from the program");
	if (s->replace)
		return true;
	t->state = RUNNING;
	s->test = t;
	s->started = now_us();
	s->judged = false;
	s->timed_out = false;
	doc_progress(s->doc, t->id);
	nested(s, line);
	return true;
}

/* Lines with a meaning for whoever reads the document. */
static bool meaningful(const char *line)
{
	bool ok;

	return result_id((char *)line, &ok) || after(line, "1..") || after(line, "TAP version ") ||
	       after(line, "KTAP version ") || after(line, "# Subtest");
}

/* What the program counts is only about this start of it. */
static bool counting(const char *line)
{
	static const char *const words[] = {
		"# Starting ", "# Totals: ", "# PASSED: ", "# FAILED: ",
		"# Planned tests != run tests ",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (after(line, words[i]))
			return true;
	return after(line, "# ") && strstr(line, " skipped test(s) detected.");
}

static void nested_line(struct stream *s, char *line)
{
	const char *text;
	char *said;

	text = strstr(line, "daxwake: restart: ");
	if (text)
		set_once(&s->spoiled, text + strlen("daxwake: restart: "));
	if (after(line, "1..0 # SKIP"))
		set_once(&s->skip, line + strlen("1..0 # SKIP"));
	else if (after(line, "Bail out!"))
		set_once(&s->bail, line + strlen("Bail out!"));
	if (run_line(s, line) || result_line(s, line))
		return;
	if (s->test && strstr(line, "verdict: "))
		s->judged = true;
	if (s->test && strstr(line, ": Test terminated by timeout")) {
		s->timed_out = true;
		/* the harness does not wait whether its SIGKILL was heard */
		if (s->can_replace)
			set_once(&s->spoiled, "a test ran out of its time and may still be there");
	}
	if (s->test && meaningful(line)) {
		said = xprintf("# said: %s", line);
		nested(s, said);
		free(said);
	} else if (!meaningful(line) && !counting(line)) {
		nested(s, line);
	}
}

static void skip_all(struct stream *s, const char *why)
{
	char *directive = xprintf("SKIP %s", why + strspn(why, " "));
	struct test *t;

	while ((t = next_waiting(s)))
		result(s, t, SKIPPED, directive);
	free(directive);
}

/* The runner's own line about a program: its time is over. */
static void program_over(struct stream *s, bool ok, const char *how)
{
	struct program *p = s->program;
	char *why;

	if (!ok && !p->broke && *how)
		p->broke = xstrdup(how);
	if (s->test) {
		/* whoever dies in mid-test leaves a kernel that proves nothing */
		why = xprintf("%s%s", after(how, "TIMEOUT") ? "hang: " : "the program ended: ",
			      *how ? how : "exit=0");
		set_once(&s->spoiled, why);
		blame(s, why);
		free(why);
		return;
	}
	if (s->skip || after(how, "SKIP"))
		skip_all(s, s->skip ? s->skip : "the program skipped");
	why = xprintf("%s", s->bail ? s->bail + strspn(s->bail, " ") : *how ? how : "exit=0");
	doc_not_run(s->doc, p, s->share, ++p->calls[s->share], why);
	close_done(s, p);
	free(why);
	free(s->bail);
	free(s->skip);
	s->bail = NULL;
	s->skip = NULL;
	s->program = NULL;
}

/* "selftests: collection: program[ # rest]" */
static struct program *named(struct stream *s, const char *text, const char **rest)
{
	const char *collection = after(text, "selftests: "), *name, *end;
	struct program *p;
	char *c, *n;

	name = collection ? strstr(collection, ": ") : NULL;
	if (!name)
		return NULL;
	c = xstrndup(collection, name - collection);
	name += 2;
	end = strstr(name, " # ");
	*rest = end ? end + 3 : "";
	if (!end)
		end = name + strlen(name);
	while (end > name && end[-1] == ' ')
		end--;
	n = xstrndup(name, end - name);
	p = plan_program(s->plan, c, n);
	free(n);
	free(c);
	return p;
}

static void mark(struct stream *s, const char *text)
{
	const char *console = after(text, "console: ");
	const char *died = after(text, "died: ");
	const char *failed = after(text, "failed: ");
	const char *start = after(text, "start: ");

	if (console) {
		strv_add(&s->console, xstrdup(console));
	} else if (died) {
		set_once(&s->died, died);
	} else if (failed) {
		set_once(&s->failed, failed);
	} else if (start) {
		started(s, start);
	} else if (after(text, "done")) {
		s->done = true;
	} else if (after(text, "more")) {
		s->more = true;
	} else {
		s->left |= !!after(text, "left behind: ");
		s->ready |= !!after(text, "ready");
		doc_mark(s->doc, s->share, text);
	}
}

static void stream_line(void *arg, char *line)
{
	struct stream *s = arg;
	const char *text, *rest = "";
	struct program *p, *over;
	bool ok;

	if (s->replace)
		return;
	text = after(line, "# daxwake: ");
	if (text) {
		mark(s, text);
		return;
	}
	text = after(line, "# ");
	p = text ? named(s, text, &rest) : NULL;
	text = result_id(line, &ok);
	over = text ? named(s, text, &rest) : NULL;
	if (p && !p->closed) {
		s->program = p;
		doc_program(s->doc, p);
		doc_progress(s->doc, p->name);
	} else if (s->program && over) {
		program_over(s, ok, rest);
	} else if (s->program && !strncmp(line, "# ", 2)) {
		nested_line(s, line + 2);
	} else if (s->program && !strcmp(line, "#")) {
		nested_line(s, line + 1);
	}
}

void stream_begin(struct stream *s, struct doc *d, unsigned int share, bool can_replace)
{
	*s = (struct stream) {
		.doc = d, .plan = d->plan, .share = share, .can_replace = can_replace,
	};
	s->lines.line = stream_line;
	s->lines.arg = s;
}

void stream_feed(struct stream *s, const char *data, size_t len)
{
	lines_feed(&s->lines, data, len);
}

void stream_end(struct stream *s)
{
	lines_end(&s->lines);
}

void stream_free(struct stream *s)
{
	free(s->spoiled);
	free(s->died);
	free(s->failed);
	free(s->bail);
	free(s->skip);
	strv_free(&s->console);
	str_free(&s->lines.buf);
}
