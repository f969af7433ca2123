// SPDX-License-Identifier: GPL-2.0-only
// B14: held pages are looked for while they can still be mapped.
//
// Trees: 7.*
// Files: fs/dax.c
// Verdict: overwait
// Seen by: driver_pin_test
// Tests: driver_pin.*_pte_unpin_user_page.truncate* touched.*_pte.*

@@
@@
 dax_layout_busy_page_range(...)
 {
 <...
-unmap_mapping_pages(...);
 ...>
 }
