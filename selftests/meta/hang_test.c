// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel on which nothing runs any more costs the test that was running.
 *
 * Real-time loops on every CPU are such a kernel: interrupts still arrive, but
 * no other process gets the CPU again.
 */
#include <sched.h>
#include <stdio.h>
#include <sys/sysinfo.h>

#include "meta.h"

META_FINE(before)

static void spin_on(int cpu)
{
	struct sched_param param = { .sched_priority = 99 };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	sched_setscheduler(0, SCHED_FIFO, &param);
	for (;;)
		;
}

META_TEST(hogged, hangs)
{
	char path[80];
	int cpu;

	META_IN_VM();
	ASSERT_EQ(0, meta_write("/proc/sys/kernel/sched_rt_runtime_us", "-1"));
	for (cpu = 0; cpu < get_nprocs(); cpu++) {
		/* newer kernels keep a share for everybody else in any case */
		snprintf(path, sizeof(path), "/sys/kernel/debug/sched/fair_server/cpu%d/runtime",
			 cpu);
		meta_write(path, "0");
	}
	/* the last loop is ours: whoever runs it must not lose the CPU before */
	for (cpu = 1; cpu < get_nprocs(); cpu++)
		if (!fork())
			spin_on(cpu);
	spin_on(0);
}

META_FINE(after)

DF_HARNESS_MAIN
