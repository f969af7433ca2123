// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting and ending QEMU.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuse.h"
#include "vm.h"

#define MOST_FDS 256

const char *qemu_program(void)
{
	const char *own = getenv("DAXWAKE_QEMU");

	return own && *own ? own : "qemu-system-x86_64";
}

static void add(struct strv *argv, const char *arg)
{
	strv_add(argv, xstrdup(arg));
}

static void build_argv(struct strv *argv, const struct vm_opts *o, const struct qemu *guest,
		       int initrd, bool kvm)
{
	static const char *const fixed[] = {
		"-nodefaults", "-no-user-config", "-no-reboot",
		"-display", "none", "-vga", "none",
		"-device", "isa-serial,chardev=console",
		"-device", "virtio-serial-pci",
		"-device", "virtserialport,chardev=ktap,name=daxwake.ktap",
		"-device", "virtserialport,chardev=marks,name=daxwake.marks",
		"-device", "virtserialport,chardev=kmsg,name=daxwake.kmsg",
		"-mon", "chardev=qmp,mode=control",
	};
	struct str append = { 0 };

	/* An oops ends the VM at once and costs one test. */
	str_printf(&append, "console=ttyS0,115200 earlyprintk=ttyS0,115200 oops=panic panic=-1"
		   " sysrq_always_enabled");
	/*
	 * What changes nothing that is tested: two that shorten the boot by a tenth
	 * each; and programs at the same address each time, for TCG keeps what it
	 * has translated by its address (an exec takes 45 ms, and 7 ms so).
	 */
	str_printf(&append, " cryptomgr.notests mitigations=off norandmaps");
	/* Some ticks in a busy loop: where the host has no time, the timer "doesn't work". */
	str_printf(&append, " no_timer_check");
	add(argv, qemu_program());
	add(argv, "-accel");
	/*
	 * One thread for all CPUs: QEMU 7.2 with a thread each now and then
	 * dies in kernel code that another CPU is patching (every kprobe), and
	 * on two cores is not even faster.
	 */
	add(argv, kvm ? "kvm" : "tcg,thread=single");
	add(argv, "-cpu");
	/* TCG moves one byte at a time where the kernel trusts in a fast REP MOVSB. */
	strv_add(argv, xprintf("%s%s", kvm ? "host" : "max,-erms,-fsrm", memory_cpu(o)));
	add(argv, "-smp");
	add(argv, o->smp);
	add(argv, "-kernel");
	add(argv, o->boot);
	add(argv, "-initrd");
	strv_add(argv, xprintf("/proc/self/fd/%d", initrd));
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		add(argv, fixed[i]);
	if (o->more) {
		add(argv, "-chardev");
		strv_add(argv, xprintf("socket,id=more,fd=%d", guest->more));
		add(argv, "-device");
		add(argv, "virtserialport,chardev=more,name=daxwake.more");
	}
	devices_add(argv, &append, guest->disk);
	if (o->virtiofs) {
		add(argv, "-chardev");
		strv_add(argv, xprintf("socket,id=fs,fd=%d", guest->fs));
		add(argv, "-device");
		add(argv, "vhost-user-test-device-pci,chardev=fs,virtio-id=26,num_vqs=2,"
			  "config_size=44,vq_size=128");
	}
	/* after them: whatever names no bus goes to the last one there is */
	memory_add(argv, &append, o);
	add(argv, "-chardev");
	strv_add(argv, xprintf("socket,id=console,fd=%d", guest->console));
	add(argv, "-chardev");
	strv_add(argv, xprintf("socket,id=ktap,fd=%d", guest->ktap));
	add(argv, "-chardev");
	strv_add(argv, xprintf("socket,id=marks,fd=%d", guest->marks));
	add(argv, "-chardev");
	strv_add(argv, xprintf("socket,id=kmsg,fd=%d", guest->kmsg));
	add(argv, "-chardev");
	strv_add(argv, xprintf("socket,id=qmp,fd=%d", guest->qmp));
	for (size_t i = 0; i < o->qemu_args.n; i++)
		add(argv, o->qemu_args.v[i]);
	if (o->append)
		str_printf(&append, " %s", o->append);
	add(argv, "-append");
	strv_add(argv, append.s);
}

static int pair(int *ours, int *theirs)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	*ours = fds[0];
	*theirs = fds[1];
	return 0;
}

/* A process of its own serves the files, and goes with QEMU. */
static void serve_files(int sock)
{
	pid_t pid = fork();

	if (pid < 0)
		die(RC_INFRA, "cannot serve virtiofs: %s", strerror(errno));
	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* the other ends of QEMU's sockets, or nobody would see it go */
	for (int fd = STDERR_FILENO + 1; fd < MOST_FDS; fd++)
		if (fd != sock)
			close(fd);
	fs_serve(sock);
	_exit(0);
}

int qemu_start(struct qemu *q, const struct vm_opts *o, int initrd, bool kvm)
{
	struct qemu guest = { 0 };	/* the other ends */
	struct strv argv = { 0 };
	int ret;

	memset(q, 0, sizeof(*q));
	if (pair(&q->console, &guest.console) || pair(&q->ktap, &guest.ktap) ||
	    pair(&q->marks, &guest.marks) || pair(&q->kmsg, &guest.kmsg) ||
	    pair(&q->qmp, &guest.qmp) || pair(&q->err, &guest.err))
		die(RC_INFRA, "cannot make sockets: %s", strerror(errno));
	q->more = -1;
	guest.more = -1;
	if (o->more && pair(&q->more, &guest.more))
		die(RC_INFRA, "cannot make sockets: %s", strerror(errno));
	guest.fs = -1;
	if (o->virtiofs) {
		int ours = -1;

		if (pair(&ours, &guest.fs))
			die(RC_INFRA, "cannot make sockets: %s", strerror(errno));
		serve_files(ours);
		close(ours);
	}
	devices_disks(guest.disk);
	build_argv(&argv, o, &guest, initrd, kvm);
	{
		int keep[] = {
			guest.console, guest.ktap, guest.marks, guest.kmsg, guest.qmp, initrd,
			guest.disk[0], guest.disk[1],
			/* the first that is not there ends the list */
			guest.fs >= 0 ? guest.fs : guest.more,
			guest.fs >= 0 ? guest.more : -1, -1
		};
		struct proc_io io = {
			.in = -1, .out = guest.err, .err = guest.err,
			.keep = keep, .death_signal = 9,
		};

		ret = proc_start(&q->proc, argv.v, &io);
	}
	close(guest.console);
	close(guest.ktap);
	close(guest.marks);
	close(guest.kmsg);
	close(guest.qmp);
	close(guest.err);
	if (guest.more >= 0)
		close(guest.more);
	for (int i = 0; i < DISKS; i++)
		close(guest.disk[i]);
	if (guest.fs >= 0)
		close(guest.fs);
	strv_free(&argv);
	if (!ret) {
		const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";

		write_all(q->qmp, hello, sizeof(hello) - 1);
	}
	return ret;
}

/* The kernel takes a break on its console as the start of a sysrq. */
void qemu_sysrq(struct qemu *q, char key)
{
	const char brk[] = "{\"execute\":\"chardev-send-break\","
			   "\"arguments\":{\"id\":\"console\"}}\n";

	write_all(q->qmp, brk, sizeof(brk) - 1);
	/* the key must not overtake the break, which takes another way */
	usleep(50000);
	write_all(q->console, &key, 1);
}

void qemu_stop(struct qemu *q)
{
	proc_kill(&q->proc);
	close(q->console);
	close(q->ktap);
	close(q->marks);
	close(q->kmsg);
	if (q->more >= 0)
		close(q->more);
	close(q->qmp);
	close(q->err);
}
