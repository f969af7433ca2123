// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages, strings, lines, time and files.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

const char *tool = "tools";

static void vsay(const char *fmt, va_list ap)
{
	struct str text = { 0 };

	str_printf(&text, "%s: ", tool);
	str_vprintf(&text, fmt, ap);
	str_add(&text, "\n", 1);
	/* one write: a progress line or another process must not cut it */
	write_all(STDERR_FILENO, text.s, text.len);
	str_free(&text);
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
}

void die(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
	exit(code);
}

void *xgrow(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p) {
		fprintf(stderr, "%s: out of memory (%zu bytes)\n", tool, size);
		_exit(RC_INFRA);
	}
	return p;
}

void *xalloc(size_t size)
{
	return memset(xgrow(NULL, size), 0, size);
}

char *xstrndup(const char *s, size_t len)
{
	char *copy = xgrow(NULL, len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xprintf(const char *fmt, ...)
{
	struct str str = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_vprintf(&str, fmt, ap);
	va_end(ap);
	return str.s;
}

static void str_room(struct str *str, size_t more)
{
	size_t need = str->len + more + 1;

	if (need <= str->cap)
		return;
	str->cap = need * 2;
	str->s = xgrow(str->s, str->cap);
}

void str_add(struct str *str, const void *data, size_t len)
{
	str_room(str, len);
	memcpy(str->s + str->len, data, len);
	str->len += len;
	str->s[str->len] = '\0';
}

void str_vprintf(struct str *str, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	if (len > 0) {
		str_room(str, len);
		vsnprintf(str->s + str->len, len + 1, fmt, again);
		str->len += len;
	} else {
		str_add(str, "", 0);
	}
	va_end(again);
}

void str_printf(struct str *str, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_vprintf(str, fmt, ap);
	va_end(ap);
}

void str_clear(struct str *str)
{
	str->len = 0;
	if (str->s)
		str->s[0] = '\0';
}

void str_free(struct str *str)
{
	free(str->s);
	memset(str, 0, sizeof(*str));
}

void strv_add(struct strv *list, char *owned)
{
	if (list->n + 2 > list->cap) {
		list->cap = list->cap * 2 + 8;
		list->v = xgrow(list->v, list->cap * sizeof(*list->v));
	}
	list->v[list->n++] = owned;
	list->v[list->n] = NULL;
}

void strv_free(struct strv *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i]);
	free(list->v);
	memset(list, 0, sizeof(*list));
}

static void lines_one(struct lines *l)
{
	/* the guest's tty and some tools end lines the other way */
	while (l->buf.len && l->buf.s[l->buf.len - 1] == '\r')
		l->buf.s[--l->buf.len] = '\0';
	l->line(l->arg, l->buf.s);
	str_clear(&l->buf);
}

void lines_feed(struct lines *l, const char *data, size_t len)
{
	const char *end;

	while ((end = memchr(data, '\n', len))) {
		str_add(&l->buf, data, end - data);
		lines_one(l);
		len -= end + 1 - data;
		data = end + 1;
	}
	str_add(&l->buf, data, len);
}

void lines_end(struct lines *l)
{
	if (l->buf.len)
		lines_one(l);
}

int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

int64_t now_ms(void)
{
	return now_us() / 1000;
}

static double positive(const char *what, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !isfinite(value) || value <= 0 || value > 1e6)
		die(RC_USAGE, "%s is '%s', a number above 0 is wanted", what, text);
	return value;
}

double time_factor(void)
{
	const char *text = getenv("DAXWAKE_TIME_FACTOR");

	return text && *text ? positive("DAXWAKE_TIME_FACTOR", text) : 1;
}

int64_t seconds_arg(const char *option, const char *text)
{
	return positive(option, text) * time_factor() * 1000;
}

int make_dirs(const char *path)
{
	char *copy = xstrdup(path);
	int ret = 0;

	for (char *p = copy + 1; ; p++) {
		char c = *p;

		if (c && c != '/')
			continue;
		*p = '\0';
		ret = mkdir(copy, 0777) && errno != EEXIST ? -1 : 0;
		*p = c;
		if (ret || !c)
			break;
	}
	free(copy);
	return ret;
}

char *cache_dir(void)
{
	const char *base = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	char *dir;

	if (base && *base)
		dir = xprintf("%s/daxwake", base);
	else
		dir = xprintf("%s/.cache/daxwake", home && *home ? home : "/tmp");
	if (make_dirs(dir)) {
		free(dir);
		return NULL;
	}
	return dir;
}

char *read_file(const char *path, size_t *len)
{
	struct str str = { 0 };
	char buf[16384];
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	str_add(&str, "", 0);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		str_add(&str, buf, n);
	if (n < 0)
		str_free(&str);
	close(fd);
	if (len)
		*len = str.len;
	return str.s;
}

int write_all(int fd, const void *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data = (const char *)data + n;
		len -= n;
	}
	return 0;
}
