// SPDX-License-Identifier: GPL-2.0-only
// W01: unpinning forgets that an FS_DAX page is free at 1, and wakes nobody.
//
// History: f4f451a16dd1 ("mm: fix missing wake-up event for FSDAX pages")
// Trees: 5.10 6.1 6.12
// Files: mm/gup.c
// Verdict: lost_wakeup
// Seen by: driver_pin_test
// Tests: driver_pin.*_pte_unpin_user_page.*

@@
expression folio, refs;
@@
 gup_put_folio(...)
 {
 ...
-if (!\(put_devmap_managed_page_refs\|put_devmap_managed_folio_refs\)(...))
 folio_put_refs(folio, refs);
 }

@@
expression page;
@@
 put_page_refs(...)
 {
 ...
-put_page(page);
+if (put_page_testzero(page))
+	__put_page(page);
 }
