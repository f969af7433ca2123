// SPDX-License-Identifier: GPL-2.0-only
// I02: one reference is not seen as one.
//
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/dax.c
// Verdict: early
// Seen by: driver_pin_test vmsplice_test
// Tests: driver_pin.*_pte_put_page.truncate* vmsplice.*_pte.truncate* driver_pin.*_pmd_put_page.truncate*

@@
symbol page, folio;
@@
 dax_busy_page(...)
 {
 <...
(
-page_ref_count(page) > 1
+page_ref_count(page) > 2
|
-folio_ref_count(folio) - folio_mapcount(folio)
+folio_ref_count(folio) - folio_mapcount(folio) > 1
)
 ...>
 }
