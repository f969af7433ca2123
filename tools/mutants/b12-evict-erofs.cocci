// SPDX-License-Identifier: GPL-2.0-only
// B12: erofs forgets an inode without waiting for who holds its pages.
//
// History: 0e2f80afcfa6 made it wait; 6.12 and older do not
// Trees: 7.*
// Files: fs/erofs/super.c
// Verdict: early
// Seen by: erofs_test
// Tests: erofs.*

@@
@@
 erofs_evict_inode(...)
 {
 <...
-dax_break_layout_final(...);
+;
 ...>
 }
