// SPDX-License-Identifier: GPL-2.0-only
// G07: the fast path takes a leaf of 1 GiB for a table.
//
// History: fcd0ccd836ff ("mm/gup: fix gup_pud_range() for dax"), CVE-2022-48986
// Trees: 5.10 6.1
// Files: mm/gup.c
// Verdict: crash,hang,premise,wrong_data
// Seen by: devdax_test
// Tests: devdax.align_1g*

@@
expression pud;
@@
 gup_pud_range(...)
 {
 <...
-pud_huge(pud) || pud_devmap(pud)
+pud_huge(pud)
 ...>
 }
