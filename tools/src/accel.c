// SPDX-License-Identifier: GPL-2.0-only
/*
 * Some hosts offer a /dev/kvm on which a stock kernel never prints a line. So
 * it is only used once it has booted the kernel at hand up to its banner, and
 * the answer is kept for this host, CPU and QEMU.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "vm.h"

#define PROBE_MS 5000		/* where KVM works the banner takes 0.5 s */

/* Changes whenever the answer could. */
static char *host_key(void)
{
	const char *path = getenv("PATH");
	char *cpuinfo = read_file("/proc/cpuinfo", NULL);
	char *model = cpuinfo ? strstr(cpuinfo, "model name") : NULL;
	struct str key = { 0 };
	struct utsname uts;
	struct stat st;

	uname(&uts);
	str_printf(&key, "%s %s", uts.release, uts.version);
	if (model)
		str_printf(&key, " cpu %.*s", (int)strcspn(model, "\n"), model);
	free(cpuinfo);
	while (path && *path) {
		size_t len = strcspn(path, ":");
		char *file = xprintf("%.*s/%s", (int)len, path, qemu_program());

		if (!stat(file, &st)) {
			str_printf(&key, " qemu %lld %lld", (long long)st.st_size,
				   (long long)st.st_mtime);
			path = "";
		} else {
			path += len + (path[len] == ':');
		}
		free(file);
	}
	for (char *p = key.s; *p; p++)
		if (*p == '\t')
			*p = ' ';
	return key.s;
}

static char *verdict_path(void)
{
	char *dir = cache_dir(), *path = NULL;

	if (dir)
		path = xprintf("%s/accel", dir);
	free(dir);
	return path;
}

/* The file holds one line: the verdict, a space, the key. */
static void remember(const char *verdict)
{
	char *path = verdict_path(), *key = host_key();
	char *tmp = path ? xprintf("%s.%d.tmp", path, getpid()) : NULL;
	FILE *f = tmp ? fopen(tmp, "we") : NULL;

	if (f) {
		fprintf(f, "%s %s\n", verdict, key);
		if (fclose(f) || rename(tmp, path))
			unlink(tmp);
	}
	free(tmp);
	free(key);
	free(path);
}

/* 1 kvm, 0 tcg, -1 not known. */
static int remembered(void)
{
	char *path = verdict_path(), *key = host_key();
	char *text = path ? read_file(path, NULL) : NULL;
	int known = -1;

	if (text) {
		text[strcspn(text, "\n")] = '\0';
		if (strlen(text) > 4 && text[3] == ' ' && !strcmp(text + 4, key))
			known = !strncmp(text, "kvm", 3);
	}
	free(text);
	free(key);
	free(path);
	return known;
}

/* 1: it printed, 0: it did not, -1: we were told to stop. */
static int probe(const struct vm_opts *o, int initrd, int signals)
{
	int64_t until = now_ms() + PROBE_MS * time_factor();
	struct str said = { 0 };
	struct qemu q;
	int works = 0;

	if (qemu_start(&q, o, initrd, true))
		return 0;
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = q.console, .events = POLLIN },
			{ .fd = signals, .events = POLLIN },
		};
		int64_t left = until - now_ms();
		char buf[4096];
		int sig;

		if (left <= 0)
			break;
		if (poll(fds, ARRAY_SIZE(fds), left) <= 0)
			continue;
		if (fds[0].revents) {
			ssize_t n = read(q.console, buf, sizeof(buf));

			if (n <= 0)
				break;
			str_add(&said, buf, n);
			/* the loader's own output proves nothing */
			works = !!strstr(said.s, "Linux version");
			if (works)
				break;
		}
		sig = signals_next(signals);
		if (sig && sig != SIGCHLD) {
			/* the caller finds it out by the same signal */
			qemu_stop(&q);
			raise(sig);
			return -1;
		}
	}
	qemu_stop(&q);
	str_free(&said);
	return works;
}

bool accel_kvm(const struct vm_opts *o, int initrd, int signals)
{
	int known;

	if (strcmp(o->accel, "auto"))
		return !strcmp(o->accel, "kvm");
	if (access("/dev/kvm", R_OK | W_OK))
		return false;
	known = remembered();
	if (known < 0) {
		known = probe(o, initrd, signals);
		if (known < 0)
			return false;
		remember(known ? "kvm" : "tcg");
		if (!known)
			say("no kernel starts on this machine's /dev/kvm: emulating (remembered)");
	}
	return known;
}

void accel_distrust(void)
{
	remember("tcg");
}
