// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm: boots one kernel with emulated pmem, hands out what the guest reports,
 * and says what became of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm.h"

extern char **environ;

enum phase { BOOTING, READY, DONE };

struct vm {
	const struct vm_opts *o;
	struct qemu q;
	struct console console;
	struct lines ktap, marks;
	struct str err;		/* what QEMU itself complained about */
	enum phase phase;
	bool silent;		/* no line is for our caller: exec mode */
	char *failed;		/* the guest's own reason for not starting */
	int guest_rc;
	bool kvm;
	int64_t started;
	int64_t boot_until;	/* ready before this */
	int64_t last_pulse;	/* anything at all from the guest */
	int64_t last_output;	/* a line that says something */
};

/* What goes wrong with a VM, as seen from outside. */
enum end { END_NONE, END_EXITED, END_BOOT, END_PULSE, END_SILENT, END_SIGNAL };

static void out(const char *line)
{
	struct str text = { 0 };

	str_printf(&text, "%s\n", line);
	write_all(STDOUT_FILENO, text.s, text.len);
	str_free(&text);
}

static const char *after(const char *line, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(line, prefix, len) ? NULL : line + len;
}

static void booted(const struct vm *vm)
{
	const struct vm_opts *o = vm->o;
	char *text = xprintf("# daxwake: booted in %.1f s (%s, pmem is %s, map %s)",
			     (now_ms() - vm->started) / 1e3, vm->kvm ? "kvm" : "tcg",
			     o->source, o->map);

	if (!o->command)
		out(text);
	free(text);
}

static void ktap_line(void *arg, char *line)
{
	struct vm *vm = arg;
	const char *failed = after(line, "# daxwake: failed: ");
	const char *done = after(line, "# daxwake: done");

	if (after(line, "# daxwake: alive"))
		return;
	vm->last_output = vm->last_pulse;
	if (after(line, "# daxwake: ready")) {
		vm->phase = READY;
		booted(vm);
		/* a warning from the boot is no reason for a later death */
		console_mark(&vm->console);
	} else if (failed && !vm->failed) {
		vm->failed = xstrdup(failed);
	} else if (done) {
		vm->phase = DONE;
		sscanf(done, " rc=%d", &vm->guest_rc);
	}
	if (!vm->o->command || !after(line, "# daxwake: "))
		out(line);
}

/* "program id": that one starts, and its RUN line is still on its way. */
static void marks_line(void *arg, char *line)
{
	struct vm *vm = arg;
	char *text;

	vm->last_output = vm->last_pulse;
	if (vm->phase != READY || vm->o->command)
		return;
	text = xprintf("# daxwake: start: %s", line);
	out(text);
	free(text);
}

/* One file with all parts and the plan; QEMU wants it by name. */
static int join_initrds(const struct vm_opts *o)
{
	struct str part = { 0 };
	int fd = memfd_create("initrd", MFD_CLOEXEC);

	if (fd < 0)
		die(RC_INFRA, "cannot make the initrd: %s", strerror(errno));
	for (size_t i = 0; i < o->initrds.n; i++) {
		int from = open(o->initrds.v[i], O_RDONLY | O_CLOEXEC);
		static char buf[1 << 18];
		ssize_t n;

		if (from < 0)
			die(RC_INFRA, "no initrd at %s: %s", o->initrds.v[i], strerror(errno));
		while ((n = read(from, buf, sizeof(buf))) > 0)
			if (write_all(fd, buf, n))
				die(RC_INFRA, "cannot join the initrd: %s", strerror(errno));
		close(from);
		if (write_all(fd, "\0\0\0", -lseek(fd, 0, SEEK_CUR) & 3))
			die(RC_INFRA, "cannot join the initrd: %s", strerror(errno));
	}
	cpio_file(&part, "daxwake", S_IFDIR | 0755, "", 0);
	if (o->command) {
		cpio_file(&part, "daxwake/shell", S_IFREG | 0644, o->command, strlen(o->command));
	} else if (o->plan) {
		size_t len;
		char *plan = read_file(o->plan, &len);

		if (!plan)
			die(RC_INFRA, "cannot read the plan %s: %s", o->plan, strerror(errno));
		cpio_file(&part, "daxwake/plan", S_IFREG | 0644, plan, len);
		free(plan);
	}
	{
		char *reserved = memory_reserved(o);
		struct str env = { 0 };

		str_add(&env, "", 0);
		for (char **e = environ; *e; e++) {
			const char *value = strchr(*e, '=');

			if (strncmp(*e, "DAXWAKE_", 8) || !value || strpbrk(value, "'\n"))
				continue;
			str_printf(&env, "export %.*s='%s'\n", (int)(value - *e), *e, value + 1);
		}
		str_printf(&env, "export DAXWAKE_RESERVED='%s'\n", reserved);
		free(reserved);
		/* for the guest's init, which sets the regions up */
		str_printf(&env, "pmem_source=%s\npmem_map=%s\npmem_regions=%zu\n",
			   o->source, o->map, o->pmem.n);
		cpio_file(&part, "daxwake/env", S_IFREG | 0644, env.s, env.len);
		str_free(&env);
	}
	cpio_end(&part);
	if (write_all(fd, part.s, part.len))
		die(RC_INFRA, "cannot join the initrd: %s", strerror(errno));
	str_free(&part);
	return fd;
}

/* Takes what is there; false at the end of the stream. */
static bool take(int fd, void (*feed)(struct vm *vm, const char *data, size_t len),
		 struct vm *vm)
{
	char buf[65536];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n > 0)
		feed(vm, buf, n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static void feed_console(struct vm *vm, const char *data, size_t len)
{
	console_feed(&vm->console, data, len);
}

static void feed_ktap(struct vm *vm, const char *data, size_t len)
{
	vm->last_pulse = now_ms();
	lines_feed(&vm->ktap, data, len);
}

static void feed_marks(struct vm *vm, const char *data, size_t len)
{
	vm->last_pulse = now_ms();
	lines_feed(&vm->marks, data, len);
}

static void feed_kmsg(struct vm *vm, const char *data, size_t len)
{
	console_feed_quiet(&vm->console, data, len);
}

static void feed_err(struct vm *vm, const char *data, size_t len)
{
	str_add(&vm->err, data, len);
}

/* Nobody looks at it: the guest has asked for it, and knows what it means. */
static void feed_more(struct vm *vm, const char *data, size_t len)
{
	write_all(vm->q.more, data, len);
}

static void feed_none(struct vm *vm, const char *data, size_t len)
{
	(void)vm;
	(void)data;
	(void)len;
}

static enum end deadline(const struct vm *vm, int64_t *left)
{
	int64_t now = now_ms();
	enum end end = END_NONE;

#define CHECK(until, which) do {			\
	if ((until) - now < *left)			\
		*left = (until) - now;			\
	if ((until) <= now && end == END_NONE)		\
		end = which;				\
} while (0)

	*left = 60000;
	if (vm->failed)
		CHECK(now, END_EXITED);
	switch (vm->phase) {
	case BOOTING:
		CHECK(vm->boot_until, END_BOOT);
		break;
	case READY:
		CHECK(vm->last_pulse + vm->o->pulse_ms, END_PULSE);
		CHECK(vm->last_output + vm->o->silence_ms, END_SILENT);
		break;
	case DONE:
		/* switching off would cost time and is no claim of ours */
		CHECK(now, END_EXITED);
		break;
	}
	if (*left < 0)
		*left = 0;
	return end;
}

/*
 * Watches until something ends the VM, or for ms if that is not negative.
 * The streams are read until they are empty, so that the last words are heard.
 */
static enum end watch(struct vm *vm, int signals, int64_t ms, int *sig)
{
	int64_t stop = now_ms() + ms;
	static void (*const feed[])(struct vm *vm, const char *data, size_t len) = {
		feed_ktap, feed_console, feed_err, feed_marks, feed_none, feed_kmsg,
	};
	struct pollfd fds[] = {
		{ .fd = vm->q.ktap, .events = POLLIN },
		{ .fd = vm->q.console, .events = POLLIN },
		{ .fd = vm->q.err, .events = POLLIN },
		{ .fd = vm->q.marks, .events = POLLIN },
		{ .fd = vm->q.qmp, .events = POLLIN },
		{ .fd = vm->q.kmsg, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
		{ .fd = vm->q.more < 0 ? -1 : STDIN_FILENO, .events = POLLIN },
	};
	struct pollfd *const sigs = &fds[ARRAY_SIZE(feed)], *const more = sigs + 1;

	for (;;) {
		int64_t left;
		enum end end = deadline(vm, &left);
		bool open = false;

		if (ms >= 0) {
			left = stop - now_ms();
			if (left <= 0)
				return END_NONE;
		} else if (end != END_NONE) {
			return end;
		}
		if (poll(fds, ARRAY_SIZE(fds), left) < 0 && errno != EINTR)
			die(RC_INFRA, "cannot wait for the VM: %s", strerror(errno));
		for (size_t i = 0; i < ARRAY_SIZE(feed); i++) {
			if (fds[i].fd < 0)
				continue;
			if (fds[i].revents && !take(fds[i].fd, feed[i], vm))
				fds[i].fd = -1;
			else
				open = true;
		}
		if (more->revents && !take(STDIN_FILENO, feed_more, vm))
			more->fd = -1;
		*sig = sigs->revents ? signals_next(signals) : 0;
		if (*sig && *sig != SIGCHLD)
			return END_SIGNAL;
		if (!open)
			return END_EXITED;
	}
}

static void console_out(void *arg, const char *text)
{
	(void)arg;
	printf("# daxwake: console: %s\n", text);
}

static void console_err(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "  console: %s\n", text);
}

/* The last thing QEMU said, which is what made it end. */
static const char *last_line(struct str *text)
{
	char *line;

	while (text->len && text->s[text->len - 1] == '\n')
		text->s[--text->len] = '\0';
	if (!text->len)
		return NULL;
	line = strrchr(text->s, '\n');
	return line ? line + 1 : text->s;
}

static char *reason(struct vm *vm, enum end end)
{
	const char *said = last_line(&vm->err);
	char how[80];

	if (vm->console.panic)
		return xprintf("crash: %s%s%s", vm->console.bad ? vm->console.bad : "",
			       vm->console.bad ? "; " : "", vm->console.panic);
	switch (end) {
	case END_PULSE:
		return xprintf("hang: no sign of life for %g s", vm->o->pulse_ms / 1e3);
	case END_SILENT:
		return xprintf("hang: no output for %g s", vm->o->silence_ms / 1e3);
	default:
		proc_describe(&vm->q.proc, how, sizeof(how));
		if (said)
			return xprintf("crash: QEMU %s: %s", how, said);
		return xprintf("crash: the VM ended by itself (QEMU %s)", how);
	}
}

static int not_ready(struct vm *vm, enum end end)
{
	const char *said = last_line(&vm->err);
	char how[80];

	if (vm->failed) {
		say("the guest gave up: %s", vm->failed);
		return RC_INFRA;
	}
	console_telling(&vm->console, 15, console_err, NULL);
	proc_describe(&vm->q.proc, how, sizeof(how));
	if (end == END_BOOT)
		say("never ready: nothing from the guest after %g s%s (%s)",
		    vm->o->boot_ms / 1e3,
		    vm->console.any ? ", on a busy machine try DAXWAKE_TIME_FACTOR=2" :
				      ", and no console output at all",
		    vm->o->console ? vm->o->console : "--console FILE keeps the log");
	else if (vm->console.panic)
		say("never ready: %s%s%s", vm->console.bad ? vm->console.bad : "",
		    vm->console.bad ? "; " : "", vm->console.panic);
	else if (said)
		say("never ready: QEMU %s: %s", how, said);
	else
		say("never ready: the VM ended by itself (QEMU %s)", how);
	return RC_INFRA;
}

static int verdict(struct vm *vm, enum end end)
{
	char *why;

	if (vm->phase == DONE)
		return vm->guest_rc ? RC_FAILED : RC_PASSED;
	if (vm->phase == BOOTING)
		return not_ready(vm, end);
	why = reason(vm, end);
	fflush(stdout);
	console_telling(&vm->console, 50, console_out, NULL);
	printf("# daxwake: died: %s\n", why);
	fflush(stdout);
	say("died: %s", why);
	free(why);
	return RC_FAILED;
}

/* Before a hung guest is ended it is asked where everybody is. */
static void ask_where(struct vm *vm, int signals)
{
	static const char keys[] = "lw";	/* busy CPUs, blocked tasks */
	int sig;

	console_news(&vm->console);
	for (const char *key = keys; *key; key++) {
		qemu_sysrq(&vm->q, *key);
		watch(vm, signals, 700, &sig);
	}
}

static int life(const struct vm_opts *o, int initrd, int log, bool kvm, int signals,
		bool *booted)
{
	struct vm vm = { .o = o, .kvm = kvm, .started = now_ms() };
	enum end end;
	int sig, ret;

	console_init(&vm.console, log);
	vm.ktap.line = ktap_line;
	vm.ktap.arg = &vm;
	vm.marks.line = marks_line;
	vm.marks.arg = &vm;
	vm.boot_until = vm.started + o->boot_ms;
	ret = qemu_start(&vm.q, o, initrd, kvm);
	if (ret == -ENOENT)
		die(RC_INFRA, "no %s here (try tools/deps qemu)", qemu_program());
	if (ret)
		die(RC_INFRA, "cannot start %s: %s", qemu_program(), strerror(-ret));

	end = watch(&vm, signals, -1, &sig);
	if (end == END_PULSE || end == END_SILENT)
		ask_where(&vm, signals);
	if (end == END_EXITED && vm.phase != DONE && !vm.failed)
		proc_wait(&vm.q.proc, 1000);
	qemu_stop(&vm.q);
	lines_end(&vm.ktap);
	if (end == END_SIGNAL)
		exit(128 + sig);
	*booted = vm.phase != BOOTING || vm.failed;
	ret = verdict(&vm, end);
	console_free(&vm.console);
	str_free(&vm.ktap.buf);
	str_free(&vm.marks.buf);
	str_free(&vm.err);
	free(vm.failed);
	return ret;
}

static void check_files(const struct vm_opts *o)
{
	int fd = open(o->image, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(RC_INFRA, "no kernel at %s: %s (try tools/kernel list)", o->image,
		    strerror(errno));
	close(fd);
	if (image_cut(o->image))
		die(RC_INFRA, "the kernel %s is cut short (fetch it again)", o->image);
	for (size_t i = 0; i < o->initrds.n; i++) {
		const char *wrong = cpio_check(o->initrds.v[i]);

		if (wrong)
			die(RC_INFRA, "the initrd %s cannot be used: %s (try tools/initramfs)",
			    o->initrds.v[i], wrong);
	}
}

int main(int argc, char **argv)
{
	struct vm_opts o = { 0 };
	int signals, initrd, log = -1, ret;
	bool kvm, booted = false;

	tool = "tools/vm";
	vm_opts_parse(&o, argc, argv);
	check_files(&o);
	if (o.console && *o.console) {
		log = open(o.console, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (log < 0)
			die(RC_INFRA, "cannot write the console log %s: %s", o.console,
			    strerror(errno));
	}
	signals = signals_open();
	o.boot = o.packed ? o.image : image_bare(o.image);
	initrd = join_initrds(&o);
	kvm = accel_kvm(&o, initrd, signals);
	ret = life(&o, initrd, log, kvm, signals, &booted);
	if (!booted && kvm && !strcmp(o.accel, "auto")) {
		say("KVM did not get it up, emulating from now on");
		accel_distrust();
		if (log >= 0 && (ftruncate(log, 0) || lseek(log, 0, SEEK_SET)))
			die(RC_INFRA, "cannot rewrite %s: %s", o.console, strerror(errno));
		ret = life(&o, initrd, log, false, signals, &booted);
	}
	return ret;
}
