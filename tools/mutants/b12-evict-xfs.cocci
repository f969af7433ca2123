// SPDX-License-Identifier: GPL-2.0-only
// B12: xfs forgets an inode without waiting for who holds its pages.
//
// History: 0e2f80afcfa6 made it wait; 6.12 and older do not
// Trees: 7.*
// Files: fs/xfs/xfs_super.c
// Verdict: early
// Seen by: driver_pin_test
// Tests: driver_pin.xfs_pte_unpin_user_page.unlink* stray_write.xfs_pte.none_after_unlink

@@
@@
 xfs_fs_evict_inode(...)
 {
 <...
-dax_break_layout_final(...);
+;
 ...>
 }
