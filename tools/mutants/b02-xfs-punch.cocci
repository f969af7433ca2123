// SPDX-License-Identifier: GPL-2.0-only
// B02: xfs punches a hole without a look at who holds the pages.
//
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/xfs/xfs_file.c
// Verdict: early,stray_write
// Seen by: driver_pin_test stray_write_test
// Tests: driver_pin.xfs_pte_unpin_user_page.punch* stray_write.xfs_pte.none_after_punch

@@
symbol inode, iolock;
identifier f =~ "^(__)?xfs_file_fallocate$";
expression error;
@@
 f(...)
 {
 <...
-error = xfs_break_layouts(inode, &iolock, BREAK_UNMAP);
+error = mode & FALLOC_FL_PUNCH_HOLE ? 0 : xfs_break_layouts(inode, &iolock, BREAK_UNMAP);
 ...>
 }
