// SPDX-License-Identifier: GPL-2.0-only
// P01: memunmap_pages() does not wait for the pages that are out.
//
// History: a95c90f1e2c2 ("mm, devm_memremap_pages: fix shutdown handling"),
// 50f44ee7248a ("mm/devm_memremap_pages: fix final page put race")
// Trees: 5.10 6.1 6.12 7.*
// Files: mm/memremap.c
// Verdict: early,crash
// Seen by: pgmap_teardown_test
// Tests: pgmap_teardown.*

@@
identifier f =~ "^(memunmap_pages|dev_pagemap_cleanup)$";
@@
 f(...)
 {
 <...
-wait_for_completion(...);
+;
 ...>
 }
