// SPDX-License-Identifier: GPL-2.0-only
// F01: a huge mapping that holds a reference is marked as one that does not.
//
// History: c4297465d4ca, for 1 GiB 02825c0925fb
// Trees: 7.*
// Files: mm/huge_memory.c
// Verdict: premise,overwait
// Seen by: driver_pin_test
// Tests: driver_pin.*_pmd_unpin_user_page.truncate* touched.*_pmd.*

@@
symbol entry;
expression folio;
@@
 insert_pmd(...)
 {
 <...
 folio_get(folio);
+entry = pmd_mkspecial(entry);
 ...>
 }
