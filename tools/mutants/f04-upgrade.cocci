// SPDX-License-Identifier: GPL-2.0-only
// F04: making a page that was read writable leaves a reference behind.
//
// Trees: 7.*
// Files: mm/memory.c
// Verdict: leaked_ref
// Seen by: touched_test
// Tests: combo.*_pte-pin*read_then_write.* touched.*_pte.*

@@
symbol folio;
@@
 insert_page_into_pte_locked(...)
 {
 <...
 if (!pte_none(...)) {
 ...
+folio_get(folio);
 return 0;
 }
 ...>
 }
