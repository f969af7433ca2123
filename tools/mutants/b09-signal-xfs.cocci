// SPDX-License-Identifier: GPL-2.0-only
// B09: a signal ends xfs' wait, and the file is cut all the same.
//
// Trees: 5.10 6.1 6.12
// Files: fs/xfs/xfs_iops.c
// Verdict: wrong_errno,wrong_data,early
// Seen by: interrupt_test
// Tests: interrupt.xfs_pte.*

@@
symbol inode, iolock;
expression error;
@@
 xfs_vn_setattr(...)
 {
 <...
-error = xfs_break_layouts(inode, &iolock, BREAK_UNMAP);
+xfs_break_layouts(inode, &iolock, BREAK_UNMAP);
+error = 0;
 ...>
 }
