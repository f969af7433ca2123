/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A whole run: what is planned, what has been said about it, and one document
 * in which every planned test has exactly one result.
 */
#ifndef RUN_H
#define RUN_H

#include <stdio.h>

#include "util.h"

#define MOST_JOBS 16	/* kernels side by side */

enum state { WAITING, RUNNING, PASSED, FAILED, SKIPPED };

struct test {
	char *id;		/* fixture.variant.test */
	enum state state;
	unsigned int share;	/* of the plan: what one kernel gets at a time */
	unsigned int call;	/* of the program in that share: from 1 on */
	bool last;		/* the kernel may be used up after it */
	int64_t began, ended;	/* us, as the marks tell it, or 0 */
};

struct program {
	char *collection, *name;
	struct test *tests;
	size_t n;
	size_t whole;		/* how many it has when nothing is filtered */
	bool control;		/* positive controls: they vouch for the rest */
	bool opened, closed;
	/* of each share; waits for the shares before it, and those for the programs before */
	struct str *said;
	unsigned int *calls;	/* of each share that have ended */
	char *broke;		/* what is wrong with it besides its tests */
	char *note;		/* what it says of its tests as a whole, or NULL */
	char *last;		/* glob of the ids after which the kernel may be used up */
};

struct plan {
	struct program *programs;
	size_t n, tests;
	unsigned int shares;	/* the last @lasts are each for one kernel */
	unsigned int lasts;
};

/* plan.c */
struct plan_opts {
	const char *selftests;
	const char *globs;	/* of ids; NULL for all */
	const char *collections;
	bool no_controls;
};

void plan_load(struct plan *plan, const struct plan_opts *o);
/*
 * Into shares for @jobs kernels: several for each, small ones where the kernels meet,
 * so that none is idle while another one has a lot left. With @last each has a test
 * at its end that may use it up, as far as there are any. How many kernels have
 * something to do. One program may be in several shares.
 */
unsigned int plan_share(struct plan *plan, unsigned int jobs, bool last);
#define ALL_SHARES (~0U)
/* Tests of a program that have no result yet. */
size_t program_waiting(const struct program *p, unsigned int share);
size_t plan_waiting(const struct plan *plan, unsigned int share);
/* What is still waiting, for tools/here: a line for each call of a program. */
void plan_text(struct plan *plan, unsigned int share, struct str *text);
struct test *program_test(struct program *p, const char *id, size_t len);
struct program *plan_program(struct plan *plan, const char *collection, const char *name);
void plan_free(struct plan *plan);

/*
 * doc.c: the document, on stdout and in a file. It has the plan's order also if
 * several shares of that are run at the same time.
 */
struct doc {
	FILE *log;
	char *path;		/* of log */
	struct plan *plan;
	size_t front;		/* the first program that is not written to its end */
	size_t done, failed, skipped;	/* tests */
	size_t programs, programs_failed, programs_skipped;
	struct strv untrusted;	/* controls that did not pass */
	bool progress;		/* a line on stderr that comes and goes */
	bool shown;
	int64_t shown_at;
	const char *current;
};

void doc_begin(struct doc *d);
/* A line of the document itself, between two programs. */
void doc_line(struct doc *d, const char *fmt, ...) __printf(2, 3);
/* The same wherever we are: inside of a program it is a line of that. */
void doc_mark(struct doc *d, unsigned int share, const char *text);
void doc_program(struct doc *d, struct program *p);
void doc_nested(struct doc *d, struct program *p, unsigned int share, const char *fmt, ...)
	__printf(4, 5);
/* One result; why goes behind a '#', as "SKIP reason" or "ERROR reason". */
void doc_result(struct doc *d, struct program *p, struct test *t, enum state result,
		const char *why);
void doc_close(struct doc *d, struct program *p);
/* What a share of a program, up to that call, has no result for gets one. */
#define ALL_CALLS (~0U)
void doc_not_run(struct doc *d, struct program *p, unsigned int share, unsigned int call,
		 const char *why);
void doc_end(struct doc *d);
void doc_progress(struct doc *d, const char *current);
void doc_quiet(struct doc *d);		/* takes the progress line away */

/* stream.c: what one backend says, put into the document. */
struct stream {
	struct doc *doc;
	struct plan *plan;
	struct lines lines;
	unsigned int share;	/* of the plan */
	bool can_replace;	/* there can be another one */
	struct program *program;	/* being run */
	struct test *test;		/* being run */
	int64_t started;	/* us, when that one began */
	struct program *marked_program;	/* where the last mark belongs */
	struct test *marked;	/* last seen to start, maybe ahead of its lines */
	bool judged, timed_out;	/* what has been said about that one */
	size_t results;		/* that came from this backend */
	bool ready, done;
	bool more;		/* its share is done, and it wants the next one */
	char *spoiled;		/* why this kernel must go after the running test */
	bool replace;		/* it must go now */
	char *died;		/* why the backend says the kernel died */
	char *failed;		/* why it says that it could not start */
	char *bail;		/* why the program says that it gives up */
	char *skip;		/* why it says that it cannot run at all */
	struct strv console;	/* last lines before that */
	bool left;		/* something was left behind */
};

void stream_begin(struct stream *s, struct doc *d, unsigned int share, bool can_replace);
void stream_feed(struct stream *s, const char *data, size_t len);
void stream_end(struct stream *s);
/* Blames the running test, if there is one, for what ended the backend. */
bool stream_blame(struct stream *s, const char *why);
/* Blames the test that must have come next. */
bool stream_blame_next(struct stream *s, const char *why);
void stream_free(struct stream *s);

#endif
