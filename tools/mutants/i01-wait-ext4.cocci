// SPDX-License-Identifier: GPL-2.0-only
// I01: ext4 waits for a count that a free page does not have.
//
// Trees: 5.10 6.1 6.12
// Files: fs/ext4/inode.c
// Verdict: lost_wakeup
// Seen by: driver_pin_test
// Tests: driver_pin.ext4_pte_unpin_user_page.* driver_pin.ext4_pte_put_page.truncate*

@@
expression page;
@@
 ext4_break_layouts(...)
 {
 <...
-atomic_read(&page->_refcount) == 1
+atomic_read(&page->_refcount) == 0
 ...>
 }
