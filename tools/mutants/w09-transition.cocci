// SPDX-License-Identifier: GPL-2.0-only
// W09: woken at another count than the one at which the page is free.
//
// History: the history of page counts that start at 1
// Trees: 5.10 6.1 6.12
// Files: mm/memremap.c mm/swap.c
// Verdict: lost_wakeup
// Seen by: driver_pin_test
// Tests: driver_pin.*_pte_unpin_user_page.* driver_pin.*_pte_put_page.truncate*

@@
symbol count;
identifier f =~ "^__put_devmap_managed_(page|folio)_refs$";
expression left;
@@
 f(...)
 {
 <...
-left == 1
+left == 0
 ...>
 }

@@
symbol count;
@@
 put_devmap_managed_page(...)
 {
 <...
-count == 1
+count == 2
 ...>
 }
