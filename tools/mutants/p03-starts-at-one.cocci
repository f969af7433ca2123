// SPDX-License-Identifier: GPL-2.0-only
// P03: fsdax pages begin with a count of one, as if somebody held each.
//
// Trees: 7.*
// Files: mm/mm_init.c
// Verdict: leaked_ref
// Seen by: driver_pin_test
// Tests: driver_pin.ext4_pte_unpin_user_page.*

@@
expression page;
@@
 __init_zone_device_page(...)
 {
 <...
-set_page_count(page, 0);
+set_page_count(page, pgmap->type == MEMORY_DEVICE_FS_DAX);
 ...>
 }
