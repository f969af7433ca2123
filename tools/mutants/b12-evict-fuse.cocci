// SPDX-License-Identifier: GPL-2.0-only
// B12: fuse forgets an inode without waiting for who holds its pages.
//
// History: 0e2f80afcfa6 made it wait; 6.12 and older do not
// Trees: 7.*
// Files: fs/fuse/inode.c
// Verdict: early
// Seen by: virtiofs_test
// Tests: virtiofs.pte_pin.unlink* virtiofs.pmd_pin.unlink*
// VM: virtiofs

@@
@@
 fuse_evict_inode(...)
 {
 <...
-dax_break_layout_final(...);
+;
 ...>
 }
