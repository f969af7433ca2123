// SPDX-License-Identifier: GPL-2.0-only
// G01: a longterm pin of a file's page is not refused.
//
// Trees: 5.10 6.1 6.12
// Files: mm/gup.c
// Verdict: wrong_errno
// Seen by: refused_test
// Tests: refused.*_pte.longterm*

@@
symbol gup_flags, true;
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
symbol gup_flags, true;
expression vma;
@@
 check_dax_vmas(...)
 {
 <...
-if (vma_is_fsdax(vma))
-	return true;
 ...>
 }
