// SPDX-License-Identifier: GPL-2.0-only
// B01: virtiofs changes a file's size without a look at who holds its pages.
//
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/fuse/dir.c
// Verdict: early
// Seen by: virtiofs_test
// Tests: virtiofs.pte_pin.truncate* virtiofs.pmd_pin.truncate*
// VM: virtiofs

@@
expression error;
@@
 fuse_do_setattr(...)
 {
 <...
-error = fuse_dax_break_layouts(...);
+error = 0;
 ...>
 }
