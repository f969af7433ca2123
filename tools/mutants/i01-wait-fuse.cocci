// SPDX-License-Identifier: GPL-2.0-only
// I01: fuse waits for a count that a free page does not have.
//
// Trees: 5.10 6.1 6.12
// Files: fs/fuse/dax.c
// Verdict: lost_wakeup
// Seen by: virtiofs_test
// Tests: virtiofs.pte_pin.* virtiofs.pte_vmsplice.truncate*
// VM: virtiofs

@@
expression page;
@@
 __fuse_dax_break_layouts(...)
 {
 <...
-atomic_read(&page->_refcount) == 1
+atomic_read(&page->_refcount) == 0
 ...>
 }
