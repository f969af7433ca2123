// SPDX-License-Identifier: GPL-2.0-only
// I01: xfs waits for a count that a free page does not have.
//
// Trees: 5.10 6.1 6.12
// Files: fs/xfs/xfs_file.c fs/xfs/xfs_inode.c
// Verdict: lost_wakeup
// Seen by: driver_pin_test
// Tests: driver_pin.xfs_pte_unpin_user_page.* driver_pin.xfs_pte_put_page.truncate*

@@
expression page;
@@
 xfs_break_dax_layouts(...)
 {
 <...
-atomic_read(&page->_refcount) == 1
+atomic_read(&page->_refcount) == 0
 ...>
 }
