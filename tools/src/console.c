// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's console: a log file for people, and the few lines that tell
 * why a VM died.
 */
#include <stdlib.h>
#include <string.h>

#include "vm.h"

#define TAIL_MAX 2000

/* What the kernel says first when something is badly wrong. */
static const char *const bad_news[] = {
	"BUG: ", "Oops: ", "general protection fault", "kernel BUG at",
	"watchdog: BUG: ", "unable to handle", "stack-protector:",
	"INFO: task ", "rcu: INFO: ", "Unable to mount root fs", "No working init found",
	"Initramfs unpacking failed", "init: ",
};

/* "[   12.345678] text" or "[   12.345678][  T123] text" -> text */
static char *without_time(char *line)
{
	while (*line == '[') {
		char *end = strchr(line, ']');

		if (!end || end - line > 24)
			break;
		line = end + 1;
		while (*line == ' ')
			line++;
	}
	return line;
}

static void tail_add(struct console *c, const char *line)
{
	if (c->tail.n >= TAIL_MAX) {
		size_t half = TAIL_MAX / 2;

		for (size_t i = 0; i < half; i++)
			free(c->tail.v[i]);
		memmove(c->tail.v, c->tail.v + half, (c->tail.n - half) * sizeof(*c->tail.v));
		c->tail.n -= half;
		c->first = c->first > half ? c->first - half : 0;
	}
	strv_add(&c->tail, xstrdup(line));
}

static void console_line(void *arg, char *line)
{
	struct console *c = arg;
	char *text = without_time(line);

	tail_add(c, line);
	if (!c->panic && !strncmp(text, "Kernel panic", 12))
		c->panic = xstrdup(text);
	for (size_t i = 0; !c->bad && i < ARRAY_SIZE(bad_news); i++) {
		if (strncmp(text, bad_news[i], strlen(bad_news[i])))
			continue;
		c->bad = xstrdup(text);
		c->first = c->tail.n;
	}
	if (c->panic && !c->first)
		c->first = c->tail.n;
}

static void quiet_line(void *arg, char *line)
{
	struct console *c = arg;

	tail_add(c, line);
	str_printf(&c->held, "%s\n", line);
}

void console_init(struct console *c, int fd)
{
	memset(c, 0, sizeof(*c));
	c->lines.line = console_line;
	c->quiet.line = quiet_line;
	c->lines.arg = c;
	c->quiet.arg = c;
	c->fd = fd;
}

static void write_held(struct console *c)
{
	if (c->fd >= 0 && c->held.len)
		write_all(c->fd, c->held.s, c->held.len);
	str_free(&c->held);
}

void console_feed(struct console *c, const char *data, size_t len)
{
	c->any = true;
	if (c->fd >= 0)
		write_all(c->fd, data, len);
	lines_feed(&c->lines, data, len);
	if (!c->lines.buf.len)
		write_held(c);
}

void console_feed_quiet(struct console *c, const char *data, size_t len)
{
	lines_feed(&c->quiet, data, len);
	if (!c->lines.buf.len)
		write_held(c);
}

void console_mark(struct console *c)
{
	strv_free(&c->tail);
	c->first = 0;
	free(c->panic);
	free(c->bad);
	c->panic = NULL;
	c->bad = NULL;
}

/* Registers, code bytes and guessed frames: in the log, but no news. */
static bool noise(const char *line)
{
	static const char *const words[] = {
		"RAX: ", "RDX: ", "RBP: ", "R10: ", "R13: ", "RSP: ", "FS: ", "CS: ", "CR2: ",
		"DR0: ", "DR3: ", "PKRU: ", "Code: ", "Hardware name: ", "? ", "Modules linked in:",
	};
	const char *text = without_time((char *)line);

	text += strspn(text, " ");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strncmp(text, words[i], strlen(words[i])))
			return true;
	return false;
}

void console_telling(const struct console *c, size_t max,
		     void (*line)(void *arg, const char *text), void *arg)
{
	size_t *keep = xalloc((c->tail.n + 1) * sizeof(*keep));
	size_t n = 0, from = 0;

	for (size_t i = c->first ? c->first - 1 : 0; i < c->tail.n; i++)
		if (!noise(c->tail.v[i]))
			keep[n++] = i;
	/* news are told from their beginning, anything else by its end */
	if (n > max && !c->first)
		from = n - max;
	for (size_t i = from; i < n && i < from + max; i++)
		line(arg, c->tail.v[keep[i]]);
	/* a long trace must not hide how it ended */
	if (from + max < n && c->panic)
		line(arg, c->panic);
	free(keep);
}

void console_news(struct console *c)
{
	c->first = c->tail.n + 1;
}

void console_free(struct console *c)
{
	console_mark(c);
	write_held(c);
	str_free(&c->lines.buf);
	str_free(&c->quiet.buf);
}
