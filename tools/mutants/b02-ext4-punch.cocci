// SPDX-License-Identifier: GPL-2.0-only
// B02: ext4 punches a hole without a look at who holds the pages.
//
// History: 430657b6be89 gave ext4 the look
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/ext4/inode.c fs/ext4/extents.c
// Verdict: early,stray_write
// Seen by: driver_pin_test stray_write_test
// Tests: driver_pin.ext4_pte_unpin_user_page.punch* stray_write.ext4_pte.none_after_punch

@@
expression error;
@@
 ext4_punch_hole(...)
 {
 <...
-error = ext4_break_layouts(...);
+error = 0;
 ...>
 }

@@
expression error, inode;
@@
 ext4_fallocate(...)
 {
 <...
-error = ext4_break_layouts(inode);
+error = mode & FALLOC_FL_PUNCH_HOLE ? 0 : ext4_break_layouts(inode);
 ...>
 }
