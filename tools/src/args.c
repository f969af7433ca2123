// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of a tool.
 */
#include <getopt.h>
#include <stdlib.h>

#include "util.h"

#define FIRST 256		/* no character is as large */

int args_parse(int argc, char **argv, const struct arg *args, size_t n, void (*usage)(void))
{
	struct option *options = xalloc((n + 2) * sizeof(*options));
	int opt;

	for (size_t i = 0; i < n; i++) {
		options[i].name = args[i].name;
		options[i].has_arg = !args[i].flag;
		options[i].val = FIRST + i;
	}
	options[n].name = "help";
	options[n].val = 'h';
	while ((opt = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		const struct arg *arg = &args[opt - FIRST];

		if (opt == 'h') {
			usage();
			exit(RC_PASSED);
		}
		if (opt < FIRST)
			die(RC_USAGE, "try --help");
		if (arg->flag)
			*arg->flag = true;
		else if (arg->list)
			strv_add(arg->list, xstrdup(optarg));
		else
			*arg->text = optarg;
	}
	free(options);
	return optind;
}
