// SPDX-License-Identifier: GPL-2.0-only
// D01: a page of a device's memory that is out holds no reference to the pgmap.
//
// History: 0dc45ca1ce18
// Trees: 6.1 6.12 7.*
// Files: mm/memremap.c
// Verdict: early
// Seen by: pgmap_teardown_test
// Tests: pgmap_teardown.*

@@
expression ref, nr;
@@
 zone_device_page_init(...)
 {
 <...
(
-WARN_ON_ONCE(!percpu_ref_tryget_live(ref));
|
-WARN_ON_ONCE(!percpu_ref_tryget_many(ref, nr));
)
 ...>
 }

@@
identifier f =~ "^free_zone_device_(page|folio)$";
expression pgmap, nr;
@@
 f(...)
 {
 <...
(
-put_dev_pagemap(pgmap);
+;
|
-percpu_ref_put_many(&pgmap->ref, nr);
)
 ...>
 }
