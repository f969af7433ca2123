// SPDX-License-Identifier: GPL-2.0-only
// W07: the wake-up goes to another key than the one that is waited for.
//
// History: e6fa3963a30d, 38607c62b34b ("fs/dax: properly refcount fs dax pages") changed both sides
// Trees: 5.10 6.1 6.12 7.*
// Files: mm/memremap.c
// Verdict: lost_wakeup
// Seen by: driver_pin_test
// Tests: driver_pin.*_pte_unpin_user_page.* driver_pin.*_pte_put_page.truncate*

@@
identifier f =~ "^(__put_devmap_managed_(page|folio)_refs|free_devmap_managed_page|free_zone_device_folio)$";
expression p;
@@
 f(...)
 {
 <...
(
-wake_up_var(&p->_refcount);
+wake_up_var(p);
|
-wake_up_var(&p->page);
+wake_up_var(&p->_refcount);
)
 ...>
 }
