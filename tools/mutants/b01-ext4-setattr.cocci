// SPDX-License-Identifier: GPL-2.0-only
// B01: ext4 changes a file's size without a look at who holds its pages.
//
// History: 430657b6be89 gave ext4 the look
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/ext4/inode.c
// Verdict: early,stray_write
// Seen by: driver_pin_test stray_write_test
// Tests: driver_pin.ext4_pte_unpin_user_page.truncate* stray_write.ext4_pte.none_after_truncate

@@
expression error;
@@
 ext4_setattr(...)
 {
 <...
-error = ext4_break_layouts(...);
+error = 0;
 ...>
 }
