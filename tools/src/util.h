/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What both tools stand on: messages, growing strings, lines, time, children.
 */
#ifndef UTIL_H
#define UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Exit codes of every tool, as README and --help document them. */
enum {
	RC_PASSED = 0,
	RC_FAILED = 1,		/* a test failed or the kernel broke */
	RC_USAGE = 2,
	RC_INFRA = 3,		/* the kernel was never asked */
};

extern const char *tool;	/* name in messages, set first in main() */

#define __printf(a, b) __attribute__((format(printf, a, b)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Print "tool: message" on stderr; die() also exits. */
void say(const char *fmt, ...) __printf(1, 2);
void die(int code, const char *fmt, ...) __printf(2, 3) __attribute__((noreturn));

/* These never fail: without memory the tool ends. */
void *xalloc(size_t size);
void *xgrow(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);
char *xprintf(const char *fmt, ...) __printf(1, 2);

/* A string that grows; s is always terminated once something was added. */
struct str {
	char *s;
	size_t len, cap;
};

void str_add(struct str *str, const void *data, size_t len);
void str_printf(struct str *str, const char *fmt, ...) __printf(2, 3);
void str_vprintf(struct str *str, const char *fmt, va_list ap) __printf(2, 0);
void str_clear(struct str *str);
void str_free(struct str *str);

/* A list of strings, each owned by the list. */
struct strv {
	char **v;		/* NULL terminated once something was added */
	size_t n, cap;
};

void strv_add(struct strv *list, char *owned);
void strv_free(struct strv *list);

/* Cuts a byte stream into lines. */
struct lines {
	struct str buf;
	void (*line)(void *arg, char *line);	/* without its newline */
	void *arg;
};

void lines_feed(struct lines *l, const char *data, size_t len);
void lines_end(struct lines *l);	/* hands over an unterminated rest */

/* Milliseconds of the monotonic clock. */
int64_t now_ms(void);
int64_t now_us(void);

/* DAXWAKE_TIME_FACTOR, 1 where unset; a tool that meets nonsense exits 2. */
double time_factor(void);

/* A number of seconds from the command line, in milliseconds and scaled. */
int64_t seconds_arg(const char *option, const char *text);

/* An option of a tool: exactly one of text, list and flag is where it goes. */
struct arg {
	const char *name;
	const char **text;
	struct strv *list;	/* may be given again */
	bool *flag;
};

/*
 * Reads options up to the first word that is none and returns its index.
 * --help prints the usage and exits 0, anything unknown exits 2.
 */
int args_parse(int argc, char **argv, const struct arg *args, size_t n, void (*usage)(void));

/* The cache directory, made when missing; NULL with errno if it cannot be. */
char *cache_dir(void);
int make_dirs(const char *path);

/* Whole file as a string; NULL with errno. */
char *read_file(const char *path, size_t *len);
int write_all(int fd, const void *data, size_t len);

/* A child. Guarantees: it dies with its parent, whatever that dies of. */
struct proc {
	pid_t pid;		/* 0: none, or already reaped */
	int status;		/* as wait(2) gives it, once pid is 0 */
};

struct proc_io {
	int in, out, err;	/* -1: /dev/null for in, ours for the others */
	const int *keep;	/* more descriptors to hand over, -1 terminated */
	int death_signal;	/* what the child gets when we die */
};

int proc_start(struct proc *p, char *const argv[], const struct proc_io *io);
bool proc_ended(struct proc *p);		/* reaps; does not wait */
bool proc_wait(struct proc *p, int64_t ms);	/* true once it has ended */
void proc_kill(struct proc *p);		/* with its group; returns when reaped */
void proc_describe(const struct proc *p, char *buf, size_t size);

/*
 * Kills everything that descends from us, whatever groups it is in, but not
 * @spared, and nothing below that which was born after @born_until: a child
 * that was told to end may need some of its own for tidying up. What @others
 * lists (up to a 0) is left alone with all that is below. Returns how many there
 * were. Orphans are ours if PR_SET_CHILD_SUBREAPER is set for us.
 */
int kill_below(pid_t spared, int64_t born_until, const pid_t *others);
int64_t born_now(void);

/*
 * Turns SIGINT, SIGTERM, SIGHUP and SIGCHLD into readable events. Returns the
 * descriptor; signals_next() gives the next one or 0.
 */
int signals_open(void);
int signals_next(int fd);

#endif
