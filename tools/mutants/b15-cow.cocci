// SPDX-License-Identifier: GPL-2.0-only
// B15: the look for held pages throws away private copies.
//
// History: d75996dd022b ("dax: dax_layout_busy_page() should not unmap cow pages")
// Trees: 5.10 6.1 6.12 7.*
// Files: fs/dax.c
// Verdict: wrong_data
// Seen by: combos_test
// Tests: combo.*_pte-*pin*-private_copy.*

@@
expression mapping, from, count;
@@
 dax_layout_busy_page_range(...)
 {
 <...
-unmap_mapping_pages(mapping, from, count, 0);
+unmap_mapping_pages(mapping, from, count, 1);
 ...>
 }
