// SPDX-License-Identifier: GPL-2.0-only
// B12: ext4 forgets an inode without waiting for who holds its pages.
//
// History: 0e2f80afcfa6 made it wait; 6.12 and older do not
// Trees: 7.*
// Files: fs/ext4/inode.c
// Verdict: early
// Seen by: driver_pin_test
// Tests: driver_pin.ext4_pte_unpin_user_page.unlink* stray_write.ext4_pte.none_after_unlink

@@
@@
 ext4_evict_inode(...)
 {
 <...
-dax_break_layout_final(...);
+;
 ...>
 }
