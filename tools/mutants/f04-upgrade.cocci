// SPDX-License-Identifier: GPL-2.0-only
// F04: making a page that was read writable leaves a reference behind.
//
// Trees: 7.*
// Files: mm/memory.c
// Verdict: leaked_ref
// Seen by: combos_test
// Tests: combo.ext4_pte-pin*-truncate*read_then_write.*

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
