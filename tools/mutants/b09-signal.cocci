// SPDX-License-Identifier: GPL-2.0-only
// B09: a signal ends the layout wait, and the file is changed all the same.
//
// Trees: 7.*
// Files: fs/dax.c
// Verdict: wrong_errno,wrong_data,early
// Seen by: interrupt_test
// Tests: interrupt.*_pte.*

@@
symbol page;
expression e;
@@
 dax_break_layout(...)
 {
 ...
-if (!page)
 dax_delete_mapping_range(...);
-return e;
+return 0;
 }
