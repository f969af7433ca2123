// SPDX-License-Identifier: GPL-2.0-only
// G09: MADV_SOFT_OFFLINE of a device's page leaves a reference behind.
//
// History: dad4e5b39086 ("mm: fix page reference leak in soft_offline_page()")
// Trees: 5.10 6.1 6.12 7.*
// Files: mm/memory-failure.c
// Verdict: leaked_ref
// Seen by: combos_test
// Tests: combo.ext4_pte-pin*-soft_offlined.*

@@
symbol page;
@@
 soft_offline_page(...)
 {
 <...
 if (!page) {
-put_ref_page(...);
 return -EIO;
 }
 ...>
 }
