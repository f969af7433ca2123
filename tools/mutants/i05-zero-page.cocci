// SPDX-License-Identifier: GPL-2.0-only
// I05: the zero page, or no page at all, counts as one that is held.
//
// History: "fs/dax: check zero or empty entry before converting xarray entry"
// Trees: 7.*
// Files: fs/dax.c
// Verdict: overwait
// Seen by: zero_page_test
// Tests: zero_page.ext4_pte.truncate_does_not_wait_for_it

@@
expression entry;
@@
 dax_busy_page(...)
 {
 ...
-if (dax_is_zero_entry(entry) || dax_is_empty_entry(entry))
-	return NULL;
 ...
 }
