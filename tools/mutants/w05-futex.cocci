// SPDX-License-Identifier: GPL-2.0-only
// W05: futex(2) gives the page of a shared word back in silence.
//
// History: as 6.12 does, unmodified
// Trees: 6.1
// Files: kernel/futex/core.c
// Verdict: lost_wakeup
// Seen by: passing_test
// Tests: caught.ext4_*_futex.*

@@
expression page;
@@
 get_futex_key(...)
 {
 <...
-put_page(page);
+folio_put(page_folio(page));
 ...>
 }
