// SPDX-License-Identifier: GPL-2.0-only
// W06: an FS_DAX page becomes free and nobody is woken.
//
// Trees: 5.10 6.1 6.12 7.*
// Files: mm/memremap.c
// Verdict: lost_wakeup
// Seen by: driver_pin_test
// Tests: driver_pin.*_pte_unpin_user_page.* driver_pin.*_pte_put_page.truncate*

@@
identifier f =~ "^(__put_devmap_managed_(page|folio)_refs|free_devmap_managed_page|free_zone_device_folio)$";
expression key;
@@
 f(...)
 {
 <...
-wake_up_var(key);
+(void)(key);
 ...>
 }
