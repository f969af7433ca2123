// SPDX-License-Identifier: GPL-2.0-only
// Z01: truncate() is no writer, so a file system is frozen while one waits in it.
//
// Ours: mutants.md has none for this claim
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/open.c
// Verdict: early
// Seen by: unchanged_test
// Tests: frozen.*

@@
expression path;
@@
 vfs_truncate(...)
 {
 ...
-error = mnt_want_write(path->mnt);
+error = 0;
 ...
-mnt_drop_write(path->mnt);
 ...
 }
