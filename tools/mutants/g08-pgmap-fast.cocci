// SPDX-License-Identifier: GPL-2.0-only
// G08: the fast way to a page keeps a reference to its device.
//
// History: 6401c4eb57f9
// Trees: 5.10 6.1 6.12
// Files: mm/gup.c
// Verdict: hang
// Seen by: devdax_test
// Tests: devdax.align_4k_pin_fast.* teardown.devdax_2m*

@@
symbol pgmap;
identifier f =~ "^gup_(fast_)?pte_range$";
@@
 f(...)
 {
 <...
-if (pgmap)
-	put_dev_pagemap(pgmap);
 ...>
 }
