// SPDX-License-Identifier: GPL-2.0-only
// B03: ext4 zeroes a range without a look at who holds the pages.
//
// History: 430657b6be89 gave ext4 the look
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/ext4/inode.c fs/ext4/extents.c
// Verdict: early
// Seen by: combos_test
// Tests: combo.ext4_pte-*-zero_range*

@@
expression error;
@@
 ext4_zero_range(...)
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
+error = mode & FALLOC_FL_ZERO_RANGE ? 0 : ext4_break_layouts(inode);
 ...>
 }
