// SPDX-License-Identifier: GPL-2.0-only
// I01: the layout wait is for a count that a free page does not have.
//
// Trees: 7.*
// Files: include/linux/dax.h
// Verdict: lost_wakeup
// Seen by: driver_pin_test
// Tests: driver_pin.*_pte_unpin_user_page.* driver_pin.*_pte_put_page.truncate*

@@
symbol page;
@@
 dax_page_is_idle(...)
 {
 <...
-page_ref_count(page) == 0
+page_ref_count(page) == 1
 ...>
 }
