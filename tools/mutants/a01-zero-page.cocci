// SPDX-License-Identifier: GPL-2.0-only
// A01: the zero page is taken out of a file like one of the file's own.
//
// History: 98c183a4fccf ("fs/dax: don't disassociate zero page entries")
// Trees: 7.*
// Files: fs/dax.c
// Verdict: wrong_errno
// Seen by: zero_page_test
// Tests: zero_page.ext4_pmd.*

@@
expression entry;
@@
 dax_disassociate_entry(...)
 {
 ...
-if (dax_is_zero_entry(entry) || dax_is_empty_entry(entry))
-	return;
 ...
 }
