// SPDX-License-Identifier: GPL-2.0-only
// G01: a longterm pin of a file's page is not refused, in none of the two places.
//
// History: e5cb23256347
// Trees: 7.*
// Files: mm/gup.c
// Verdict: wrong_errno
// Seen by: refused_test
// Tests: refused.*_pte.longterm*

@@
symbol gup_flags;
expression vma;
@@
 check_vma_flags(...)
 {
 <...
-if ((gup_flags & FOLL_LONGTERM) && vma_is_fsdax(vma))
-	return -EOPNOTSUPP;
 ...>
 }

@@
expression folio;
@@
-folio_is_longterm_pinnable(folio)
+(folio_is_fsdax(folio) || folio_is_longterm_pinnable(folio))
