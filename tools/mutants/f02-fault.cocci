// SPDX-License-Identifier: GPL-2.0-only
// F02: every fault leaves a reference behind.
//
// Trees: 7.*
// Files: fs/dax.c
// Verdict: leaked_ref
// Seen by: driver_pin_test
// Tests: driver_pin.*_pte_unpin_user_page.truncate*

@@
expression folio;
@@
 dax_fault_iter(...)
 {
 ...
-folio_put(folio);
 ...
 }
