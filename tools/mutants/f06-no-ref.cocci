// SPDX-License-Identifier: GPL-2.0-only
// F06: a huge mapping of a file takes no reference.
//
// History: aed877c2b425
// Trees: 7.*
// Files: mm/huge_memory.c
// Verdict: premise
// Seen by: driver_pin_test
// Tests: driver_pin.*_pmd_unpin_user_page.truncate*

@@
expression folio;
@@
 insert_pmd(...)
 {
 <...
-folio_get(folio);
+if (!folio_is_fsdax(folio))
+	folio_get(folio);
 ...>
 }
