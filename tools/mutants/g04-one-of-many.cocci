// SPDX-License-Identifier: GPL-2.0-only
// G04: of many pins in one large folio only one is given back.
//
// Trees: 6.1 6.12 7.*
// Files: mm/gup.c
// Verdict: leaked_ref
// Seen by: driver_pin_test
// Tests: driver_pin.ext4_pmd_unpin_user_pages.truncate* devdax.align_2m_pin.hold* devdax.align_2m_longterm.hold*

@@
symbol nr;
expression folio;
@@
 unpin_user_pages(...)
 {
 <...
-gup_put_folio(folio, nr, FOLL_PIN);
+gup_put_folio(folio, 1, FOLL_PIN);
 ...>
 }
