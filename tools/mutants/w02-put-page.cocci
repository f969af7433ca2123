// SPDX-License-Identifier: GPL-2.0-only
// W02: put_page() forgets that an FS_DAX page is free at 1, and wakes nobody.
//
// Trees: 5.10 6.1 6.12
// Files: include/linux/mm.h
// Verdict: lost_wakeup
// Seen by: driver_pin_test vmsplice_test
// Tests: driver_pin.*_pte_put_page.* vmsplice.*_pte.*

@@
symbol page;
@@
 put_page(...)
 {
 ...
(
-if (\(put_devmap_managed_page\|put_devmap_managed_folio_refs\)(...))
-	return;
|
-if (page_is_devmap_managed(page)) {
-	put_devmap_managed_page(page);
-	return;
-}
)
 ...
 }
