// SPDX-License-Identifier: GPL-2.0-only
// A02: a huge page taken out of a file still says that it is huge.
//
// History: 98b1917cdef9 ("fs/dax: fix folio splitting issue by resetting old folio order + _nr_pages")
// Trees: 7.*
// Files: fs/dax.c
// Verdict: crash,hang
// Seen by: small_first_test
// Tests: huge_first.*

@@
@@
 dax_folio_reset_order(...)
 {
 <...
-folio_reset_order(...);
 ...>
 }
