// SPDX-License-Identifier: GPL-2.0-only
// G10: MADV_HWPOISON of a device's page leaves a reference behind.
//
// History: 23e7b5c2e271, 1e8aaedb182d
// Trees: 5.10 6.1 6.12 7.*
// Files: mm/memory-failure.c
// Verdict: leaked_ref
// Seen by: hwpoison_test
// Tests: hwpoison.*.reference_comes_back

@@
symbol flags, page;
@@
 memory_failure_dev_pagemap(...)
 {
 <...
-if (flags & MF_COUNT_INCREASED)
-	put_page(page);
 ...>
 }

@@
symbol flags, page;
expression pgmap;
@@
 memory_failure(...)
 {
 <...
 pgmap = get_dev_pagemap(...);
-put_ref_page(...);
 ...>
 }
