// SPDX-License-Identifier: GPL-2.0-only
// B09: a signal ends ext4's wait, and the file is cut all the same.
//
// Trees: 5.10 6.1 6.12
// Files: fs/ext4/inode.c
// Verdict: wrong_errno,wrong_data,early
// Seen by: interrupt_test
// Tests: interrupt.ext4_pte.*

@@
expression error, inode;
@@
 ext4_setattr(...)
 {
 <...
-error = ext4_break_layouts(inode);
+ext4_break_layouts(inode);
+error = 0;
 ...>
 }
