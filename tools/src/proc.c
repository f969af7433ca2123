// SPDX-License-Identifier: GPL-2.0-only
/*
 * Children that cannot outlive us, and signals as events.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

static void proc_child(pid_t parent, char *const argv[], const struct proc_io *io, int report)
{
	sigset_t none;
	int err;

	/* its own session: Ctrl-C is for us, and we end it in order */
	setsid();
	prctl(PR_SET_PDEATHSIG, io->death_signal);
	if (getppid() != parent)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (io->in < 0) {
		int null = open("/dev/null", O_RDONLY);

		dup2(null, STDIN_FILENO);
	} else {
		dup2(io->in, STDIN_FILENO);
	}
	if (io->out >= 0)
		dup2(io->out, STDOUT_FILENO);
	if (io->err >= 0)
		dup2(io->err, STDERR_FILENO);
	for (const int *fd = io->keep; fd && *fd >= 0; fd++)
		fcntl(*fd, F_SETFD, 0);
	execvp(argv[0], argv);
	err = errno;
	write_all(report, &err, sizeof(err));
	_exit(127);
}

/* Returns -errno of the exec too, so that a missing program is told at once. */
int proc_start(struct proc *p, char *const argv[], const struct proc_io *io)
{
	pid_t parent = getpid();
	int report[2], err = 0;

	if (pipe2(report, O_CLOEXEC))
		return -errno;
	p->pid = fork();
	if (p->pid < 0) {
		err = errno;
		p->pid = 0;
	} else if (p->pid == 0) {
		proc_child(parent, argv, io, report[1]);
	}
	close(report[1]);
	if (p->pid && read(report[0], &err, sizeof(err)) == sizeof(err)) {
		waitpid(p->pid, NULL, 0);
		p->pid = 0;
	}
	close(report[0]);
	return -err;
}

bool proc_ended(struct proc *p)
{
	if (p->pid && waitpid(p->pid, &p->status, WNOHANG) == p->pid)
		p->pid = 0;
	return !p->pid;
}

bool proc_wait(struct proc *p, int64_t ms)
{
	int64_t until = now_ms() + ms;

	while (!proc_ended(p)) {
		if (now_ms() >= until)
			return false;
		poll(NULL, 0, 5);
	}
	return true;
}

void proc_kill(struct proc *p)
{
	if (proc_ended(p))
		return;
	/* it leads its session, so its pid names the group too */
	kill(-p->pid, SIGKILL);
	kill(p->pid, SIGKILL);
	while (waitpid(p->pid, &p->status, 0) < 0 && errno == EINTR)
		;
	p->pid = 0;
}

void proc_describe(const struct proc *p, char *buf, size_t size)
{
	if (WIFSIGNALED(p->status))
		snprintf(buf, size, "was ended by signal %d (%s)", WTERMSIG(p->status),
			 strsignal(WTERMSIG(p->status)));
	else
		snprintf(buf, size, "exited with code %d", WEXITSTATUS(p->status));
}

/* The parent of a process, 0 where that cannot be told; when it was born. */
static pid_t parent_of(pid_t pid, int64_t *born)
{
	long long ticks = 0;
	char path[40], *text, *after;
	pid_t parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	text = read_file(path, NULL);
	/* the name may hold spaces and brackets; the last bracket ends it */
	after = text ? strrchr(text, ')') : NULL;
	if (after && sscanf(after + 1, " %*c %d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d"
			    " %*d %*d %*d %*d %*d %*d %*d %lld", &parent, &ticks) != 2)
		parent = 0;
	free(text);
	if (born)
		*born = ticks;
	return parent;
}

int64_t born_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000) * sysconf(_SC_CLK_TCK) / 1000;
}

static bool listed(const pid_t *pids, pid_t pid)
{
	while (*pids && *pids != pid)
		pids++;
	return *pids;
}

int kill_below(pid_t spared, int64_t born_until, const pid_t *others)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	int n = 0;

	if (!proc)
		return 0;
	while ((d = readdir(proc))) {
		pid_t pid = atoi(d->d_name), up = pid;
		bool below_spared = false, other = false;
		int64_t born;

		if (pid <= 1 || pid == spared)
			continue;
		parent_of(pid, &born);
		while (up > 1 && up != getpid()) {
			other |= listed(others, up);
			up = parent_of(up, NULL);
			below_spared |= spared && up == spared;
		}
		if (up != getpid() || pid == up || other || (below_spared && born > born_until))
			continue;
		/* ours and dead already: an orphan that came to us */
		if (waitpid(pid, NULL, WNOHANG) == pid)
			continue;
		kill(pid, SIGKILL);
		n++;
	}
	closedir(proc);
	return n;
}

int signals_open(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		die(RC_INFRA, "cannot watch signals: %s", strerror(errno));
	return fd;
}

int signals_next(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return info.ssi_signo;
}
