// SPDX-License-Identifier: GPL-2.0-only
// G08: the slow way to a page keeps a reference to its device.
//
// History: 6401c4eb57f9
// Trees: 5.10 6.1 6.12
// Files: mm/gup.c
// Verdict: hang
// Seen by: devdax_test teardown_test
// Tests: devdax.align_4k_pin.* teardown.devdax_2m*

@@
symbol ctx;
@@
 __get_user_pages(...)
 {
 <...
-if (ctx.pgmap)
-	put_dev_pagemap(ctx.pgmap);
 ...>
 }
