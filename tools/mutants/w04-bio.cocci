// SPDX-License-Identifier: GPL-2.0-only
// W04: a finished bio drops its pages in a way that does not know FS_DAX.
//
// History: live in Debian 6.1
// Trees: 5.10 6.12
// Files: block/bio.c
// Verdict: lost_wakeup
// Seen by: direct_io_test
// Tests: direct_io.*_pte_read.*

@@
expression folio, nr;
@@
 __bio_release_pages(...)
 {
 <...
-unpin_user_folio(folio, nr);
+folio_put_refs(folio, nr * GUP_PIN_COUNTING_BIAS);
 ...>
 }

@@
expression page;
@@
 bio_release_pages(...)
 {
 <...
-put_page(page);
+if (put_page_testzero(page))
+	__put_page(page);
 ...>
 }
