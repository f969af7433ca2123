// SPDX-License-Identifier: GPL-2.0-only
// P04: a device-dax whose pages are its own cannot come back.
//
// History: 06282373ff57 ("mm/memremap: Fix reuse of pgmap instances with internal
// references")
// Trees: 5.10
// Files: mm/memremap.c
// Verdict: wrong_errno,premise
// Seen by: detach_test
// Tests: detach.*

@@
@@
 dev_pagemap_cleanup(...)
 {
 ...
-if (pgmap->ref == &pgmap->internal_ref)
-	pgmap->ref = NULL;
 }
