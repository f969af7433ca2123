// SPDX-License-Identifier: GPL-2.0-only
// A05: the count of files that share a page is off by one.
//
// History: 169004265860
// Trees: 6.12 7.*
// Files: fs/dax.c
// Verdict: leaked_ref
// Seen by: shared_test
// Tests: shared.*.page_of_no_file*

@@
symbol page;
expression folio, ref;
@@
 dax_folio_put(...)
 {
 <...
-ref = --folio->share;
+ref = folio->share--;
 ...>
 }

@@
symbol page;
@@
 dax_disassociate_entry(...)
 {
 <...
-dax_page_share_put(page) > 0
+dax_page_share_put(page) >= 0
 ...>
 }
