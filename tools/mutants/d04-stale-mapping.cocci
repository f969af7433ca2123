// SPDX-License-Identifier: GPL-2.0-only
// D04: a device's page keeps the mapping of its last user.
//
// History: 7ab0ad0e74f8
// Trees: 5.10 6.1 6.12 7.*
// Files: mm/memremap.c
// Verdict: wrong_data
// Seen by: pgmap_life_test pgmap_move_test
// Tests: pgmap_life.* pgmap_move.*

@@
identifier f =~ "^(free_(zone_device|devmap_managed)_(page|folio)|zone_device_page_init)$";
expression x;
@@
 f(...)
 {
 <...
-x->mapping = NULL;
+;
 ...>
 }
