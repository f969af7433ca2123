// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that goes away in the middle of a test costs that test.
 */
#include <signal.h>

#include "meta.h"

static pid_t program;

static void __attribute__((constructor)) remember_program(void)
{
	program = getpid();
}

META_FINE(before)

META_TEST(killed, takes_the_program_along)
{
	kill(program, SIGKILL);
	/* the runner sees its end when nobody holds the pipe any more */
	kill(getppid(), SIGKILL);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	for (;;)
		pause();
}

META_FINE(after)

DF_HARNESS_MAIN
