// SPDX-License-Identifier: GPL-2.0-only
// B04: xfs takes a range out of a file without a look at who holds the pages.
//
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/xfs/xfs_file.c
// Verdict: early
// Seen by: combos_test
// Tests: combo.xfs_pte-*-collapse*

@@
symbol inode, iolock;
identifier f =~ "^(__)?xfs_file_fallocate$";
expression error;
@@
 f(...)
 {
 <...
-error = xfs_break_layouts(inode, &iolock, BREAK_UNMAP);
+error = mode & FALLOC_FL_COLLAPSE_RANGE ? 0 : xfs_break_layouts(inode, &iolock, BREAK_UNMAP);
 ...>
 }
