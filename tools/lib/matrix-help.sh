# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # me and default_kernels are the caller's
#
# What tools/matrix --help says.

usage()
{
	cat <<END
Usage: $me [--list | --cell KERNEL/GROUP... | --table]

Runs each group of tests (selftests/dax/groups) on each kernel, says a line for
each of these cells when it is done, and then prints a table: what passes on
which kernel, the claims whose result is not the same on all, and what was
skipped and why. O/matrix/index.html is the same for a browser.

  --list    the cells, one a line; nothing is run
  --cell    run that one, and keep its results in O/matrix; several of one
            kernel share a run, its boot and its controls
  --table   print the table of what is in O/matrix

Environment:
  KERNELS   as KERNEL of make run_tests, with blanks between them
            (default: $default_kernels)
  CELLS     globs of cells or groups (default: all)
  JOBS      runs side by side (default: as many as there are CPUs; with make -jN
            what make gives). If they are no more than the kernels, the cells of
            one kernel share a run
  O, and what else tools/run-tests reads

Several machines that share O and the cache can do the cells, in any order:
  $me --list | parallel --sshlogin a,b --workdir . $me --cell {}
  $me --list >cells && sbatch --wait --array=1-\$(wc -l <cells) --wrap \\
      '$me --cell "\$(sed -n "\${SLURM_ARRAY_TASK_ID}p" cells)"'
  $me --table

Exit codes: 0 all passed, 1 a test failed, 2 usage, 3 a cell has no result
END
}
