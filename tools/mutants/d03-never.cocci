// SPDX-License-Identifier: GPL-2.0-only
// D03: the owner of a device's page is not told that it is free.
//
// History: the special case of put_page() for private pages (mail 4)
// Trees: 5.10 6.1 6.12 7.*
// Files: mm/memremap.c
// Verdict: leaked_ref
// Seen by: pgmap_life_test pgmap_move_test
// Tests: pgmap_life.* pgmap_move.*

@@
identifier f =~ "^free_(zone_device|devmap_managed)_(page|folio)$";
expression pgmap, x;
@@
 f(...)
 {
 <...
(
-pgmap->ops->page_free(x);
|
-pgmap->ops->folio_free(x);
)
 ...>
 }
